import type { PipelineStages } from '../lib/execution/pipeline/index.ts';

/** What the functions have for `#stages` where a deployment names no module of its own. */
const none: PipelineStages = [];

export default none;
