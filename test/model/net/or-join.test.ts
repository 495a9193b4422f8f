import { describe, expect, it } from 'vitest';
import { decideOrJoin } from '../../../lib/model/net/or-join.ts';
import { marking, type Node, netOf } from './nets.ts';

const active = { kind: 'active' } as const;
const all = { kind: 'all' } as const;

function verdict(nodes: Readonly<Record<string, Node>>, join: string, ...tokens: string[]) {
  const scope = netOf(nodes);
  return decideOrJoin(scope, join, marking(scope, ...tokens)).kind;
}

describe('after a multi-choice (WCP-7)', () => {
  const order: Record<string, Node> = {
    Pick: { ways: [['Flight'], ['Hotel'], ['Car']], selectsAll: true },
    Flight: { next: ['Bill'] },
    Hotel: { next: ['Bill'] },
    Car: { next: ['Bill'] },
    Bill: { join: active },
  };

  it.each([
    [['Flight>Bill'], 'enabled'],
    [['Flight>Bill', 'Hotel'], 'waits'],
    [['Flight>Bill', 'Pick>Hotel'], 'waits'],
    [['Flight>Bill', 'Hotel>Bill'], 'enabled'],
    [['Flight>Bill', 'Hotel>Bill', 'Car'], 'waits'],
    [['Flight>Bill', 'Hotel>Bill', 'Car>Bill'], 'enabled'],
    [['Flight>Bill', 'Flight>Bill', 'Car'], 'waits'],
    // A second token for a branch that has arrived brings no new branch.
    [['Flight>Bill', 'Flight'], 'enabled'],
    [['Flight'], 'waits'],
    [[], 'waits'],
    // A token on its way to the multi-choice can take any branch.
    [['Flight>Bill', '>Pick'], 'waits'],
  ])('with %j it is %s', (tokens, expected) => {
    expect(verdict(order, 'Bill', ...tokens)).toBe(expected);
  });
});

describe('where a branch may lead elsewhere (WCP-37)', () => {
  const parcel: Record<string, Node> = {
    Split: { next: ['Check', 'Weigh'] },
    Check: { ways: [['Stamp'], ['Return']] },
    Stamp: { next: ['Ship'] },
    Return: {},
    Weigh: { next: ['Ship'] },
    Ship: { join: active },
  };

  it.each([
    [['Weigh>Ship', 'Check'], 'waits'],
    [['Weigh>Ship', 'Return'], 'enabled'],
    [['Weigh>Ship', 'Stamp'], 'waits'],
    [['Weigh>Ship', 'Stamp>Ship'], 'enabled'],
    [['Weigh>Ship'], 'enabled'],
  ])('with %j it is %s', (tokens, expected) => {
    expect(verdict(parcel, 'Ship', ...tokens)).toBe(expected);
  });
});

describe('with a loop, a join that may never fire, and cancellation (WCP-38)', () => {
  const claim: Record<string, Node> = {
    Open: { next: ['Photo', 'Expert', 'Police'] },
    Photo: { next: ['Pay'] },
    Expert: { ways: [['Expert'], ['Report'], ['Both'], ['Drop']] },
    Report: { next: ['Pay'] },
    Drop: {},
    Police: { ways: [['File'], ['NoFile']] },
    File: { next: ['Both'] },
    NoFile: { cancels: ['Both'] },
    Both: { join: all, next: ['Pay'] },
    Pay: { join: active },
  };

  it.each([
    // The loop can be left for the join at any time.
    [['Photo>Pay', 'Expert>Expert'], 'waits'],
    [['Photo>Pay', 'Drop'], 'enabled'],
    // The way leads through a join whose other branch has gone elsewhere.
    [['Photo>Pay', 'Expert>Both', 'Police'], 'waits'],
    [['Photo>Pay', 'Expert>Both', 'NoFile'], 'enabled'],
    [['Photo>Pay', 'Expert>Both', 'File'], 'waits'],
    [['Photo>Pay', 'Expert>Both', 'File>Both'], 'waits'],
    [['Photo>Pay', 'Both'], 'waits'],
    [['Photo>Pay', 'Expert>Both', 'Expert>Both'], 'enabled'],
  ])('with %j it is %s', (tokens, expected) => {
    expect(verdict(claim, 'Pay', ...tokens)).toBe(expected);
  });

  it('does not wait for what could come only by losing what is there', () => {
    const nodes: Record<string, Node> = {
      Begin: { next: ['Slow', 'Quick'] },
      Slow: { next: ['End'], cancels: ['End'] },
      Quick: { next: ['End'] },
      End: { join: active },
    };
    expect(verdict(nodes, 'End', 'Quick>End', 'Slow')).toBe('enabled');
    // With one more on its way, the marked branch can be marked again.
    expect(verdict(nodes, 'End', 'Quick>End', 'Quick', 'Slow')).toBe('waits');
    expect(verdict(nodes, 'End', 'Slow>End', 'Quick')).toBe('waits');
  });

  it('waits for a branch that a failure may open, which cancels nothing', () => {
    const nodes: Record<string, Node> = {
      Begin: { next: ['Slow', 'Quick'] },
      Slow: { next: [], catches: [['End']], cancels: ['End'] },
      Quick: { next: ['End'] },
      End: { join: active },
    };
    expect(verdict(nodes, 'End', 'Quick>End', 'Slow')).toBe('waits');
  });
});

describe('places', () => {
  const nodes: Record<string, Node> = {
    Begin: { next: ['P'] },
    P: { isPlace: true, next: ['Detour', 'End'] },
    Detour: { next: ['End'] },
    End: { join: active },
  };

  it('a token that would have to leave a marked place is not waited for', () => {
    expect(verdict(nodes, 'End', 'P')).toBe('enabled');
    expect(verdict(nodes, 'End', 'P', 'P')).toBe('waits');
    expect(verdict(nodes, 'End', 'P', 'Begin>P')).toBe('waits');
    expect(verdict(nodes, 'End', 'P', 'Detour')).toBe('waits');
    expect(verdict(nodes, 'End', 'Detour>End', 'P')).toBe('enabled');
  });

  it('a token that can come back is waited for', () => {
    const back: Record<string, Node> = { ...nodes, Detour: { next: ['End', 'P'] } };
    expect(verdict(back, 'End', 'P')).toBe('waits');
  });

  it('a milestone that can no longer be reached holds a branch back for good', () => {
    const milestone: Record<string, Node> = {
      Begin: { next: ['Set', 'Gated', 'Other'] },
      Set: { next: ['Reached'] },
      Reached: { isPlace: true },
      Gated: { milestone: 'Reached', next: ['End'] },
      Other: { next: ['End'] },
      End: { join: active },
    };
    expect(verdict(milestone, 'End', 'Other>End', 'Begin>Gated')).toBe('enabled');
    expect(verdict(milestone, 'End', 'Other>End', 'Begin>Gated', 'Reached')).toBe('waits');
    expect(verdict(milestone, 'End', 'Other>End', 'Begin>Gated', 'Set')).toBe('waits');
    expect(verdict(milestone, 'End', 'Other>End', 'Gated')).toBe('waits');
  });
});

describe('other joins before it', () => {
  const nodes = (join: Node['join']): Record<string, Node> => ({
    Begin: { next: ['A', 'B', 'C'] },
    A: { next: ['Mid'] },
    B: { next: ['Mid'] },
    C: { next: ['End'] },
    Mid: { ...(join === undefined ? {} : { join }), next: ['End'] },
    End: { join: active },
  });

  it('an OR-join, and one that counts, is taken to fire at any token', () => {
    expect(verdict(nodes(active), 'End', 'C>End', 'A>Mid')).toBe('waits');
    expect(verdict(nodes({ kind: 'count', count: 2 }), 'End', 'C>End', 'A>Mid')).toBe('waits');
    expect(verdict(nodes({ kind: 'threads', count: 2 }), 'End', 'C>End', 'A>Mid')).toBe('waits');
    expect(verdict(nodes(all), 'End', 'C>End', 'A>Mid')).toBe('enabled');
    expect(verdict(nodes({ kind: 'count', count: 2 }), 'End', 'C>End', '=Mid')).toBe('waits');
  });

  it('one that cancels takes the others with it', () => {
    const cancelling: Record<string, Node> = {
      ...nodes({ kind: 'count', count: 1, cancels: ['End'] }),
    };
    // Whenever Mid fires, C's token goes: with both marked at once they cannot be.
    expect(verdict(cancelling, 'End', 'C>End', 'A>Mid')).toBe('enabled');
    expect(verdict(cancelling, 'End', 'C>End', 'Mid')).toBe('waits');
  });

  it('two that wait for one another both wait', () => {
    const circle: Record<string, Node> = {
      Begin: { next: ['Left', 'Right'] },
      Left: { join: active, ways: [['Right'], []] },
      Right: { join: active, ways: [['Left'], []] },
    };
    expect(verdict(circle, 'Left', 'Begin>Left', 'Begin>Right')).toBe('waits');
    expect(verdict(circle, 'Right', 'Begin>Left', 'Begin>Right')).toBe('waits');
  });

  it('its own start is no source, its own work is', () => {
    const loop: Record<string, Node> = {
      Begin: { next: ['Join'] },
      Join: { join: active, ways: [['Again'], []] },
      Again: { next: ['Join'] },
    };
    expect(verdict(loop, 'Join', '>Begin')).toBe('waits');
    expect(verdict(loop, 'Join', 'Begin>Join')).toBe('enabled');
    expect(verdict(loop, 'Join', 'Begin>Join', 'Join')).toBe('waits');
    expect(verdict(loop, 'Join', 'Begin>Join', '=Join')).toBe('waits');
    expect(verdict(loop, 'Join', 'Again>Join', 'Begin')).toBe('waits');
  });
});

describe('the budget', () => {
  /** Two threads of one counter, both needed at a join that only one of them can reach. */
  const nodes: Record<string, Node> = {
    Begin: { next: ['Draw', 'Other'] },
    Draw: { ways: [['Left'], ['Right'], ['Draw']] },
    Left: { ways: [['Both'], ['Draw']] },
    Right: { ways: [['Both'], ['Draw']] },
    Both: { join: all, next: ['End'] },
    Other: { next: ['End'] },
    End: { join: active },
  };
  const scope = netOf(nodes);
  const tokens = marking(scope, 'Other>End', 'Draw');

  it('is not exceeded, and reported when it is used up', () => {
    expect(decideOrJoin(scope, 'End', tokens)).toEqual({ kind: 'enabled', steps: expect.any(Number) });
    const { steps } = decideOrJoin(scope, 'End', tokens);
    expect(steps).toBeGreaterThan(2);
    expect(decideOrJoin(scope, 'End', tokens, steps)).toEqual({ kind: 'enabled', steps });
    expect(decideOrJoin(scope, 'End', tokens, steps - 1)).toEqual({ kind: 'undecided', steps: steps - 1 });
    expect(decideOrJoin(scope, 'End', tokens, 0)).toEqual({ kind: 'undecided', steps: 0 });
  });

  it('is not touched where no search is needed', () => {
    expect(decideOrJoin(scope, 'End', marking(scope, 'Other>End', 'Both'), 0)).toEqual({ kind: 'waits', steps: 0 });
    expect(decideOrJoin(scope, 'End', marking(scope, 'Other>End', 'Left>Both'), 0)).toEqual({
      kind: 'enabled',
      steps: 0,
    });
  });
});
