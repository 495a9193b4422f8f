/** What a deployment needs for stages of its own: `export default [{ name: 'audit', … }] satisfies PipelineStages`. */
export type {
  PipelineStage,
  PipelineStages,
  StageStart,
  StageTask,
  StartAnswer,
  TaskAnswer,
  TaskEnd,
} from './stage.ts';
