/**
 * Tests of whole workflows: `testWorkflow` runs a definition on the real engine, in simulated time, with mocks for its
 * tasks. For any test runner; `knhk test` does the same with test files.
 */
export type { Coverage, CoveredPart } from './coverage.ts';
export type { Comparison, Difference } from './difference.ts';
export { TestError } from './errors.ts';
export type { Expectation, StateExpectation } from './expectation.ts';
export {
  type Mock,
  type MockAnswer,
  type MockCall,
  type MockFailure,
  type MockFunction,
  type MockReply,
  type MockRule,
  type MockSequence,
  type Mocks,
  TaskFailure,
} from './mock.ts';
export type { TestEvent } from './test-engine.ts';
export type { TestObjects } from './test-objects.ts';
export { type ChildRun, ExpectationFailed, TestRun } from './test-run.ts';
export { type DefinitionSource, type TestOptions, testWorkflow } from './test-workflow.ts';
export type { Call, Visit, VisitEnd } from './visit.ts';
