/** The layers of lib/, top to bottom: each may import those below it, none above (docs/architecture.md). */
const LAYERS = [
  'local',
  'adapters',
  'api',
  'execution',
  'state',
  'resources',
  'resilience',
  'provenance',
  'patterns',
  'language',
  'ports',
  'model',
];

/** Layers that may import less than everything below them. */
const ONLY = {
  adapters: ['ports', 'model'],
  provenance: ['ports', 'model'],
  patterns: ['language', 'model'],
  language: ['model'],
  ports: ['model'],
  model: [],
};

const layerRules = LAYERS.map((layer, index) => {
  const allowed = ONLY[layer] ?? LAYERS.slice(index + 1);
  return {
    name: `layer-${layer}`,
    comment: `lib/${layer} may import only: ${allowed.join(', ') || 'nothing'}.`,
    severity: 'error',
    from: { path: `^lib/${layer}/` },
    to: { path: '^(lib|functions|bin|test|examples)/', pathNot: `^lib/(${[layer, ...allowed].join('|')})/` },
  };
});

module.exports = {
  forbidden: [
    ...layerRules,
    {
      name: 'adapters-apart',
      comment: 'An adapter knows no other adapter; what several need stands beside them.',
      severity: 'error',
      from: { path: '^lib/adapters/([^/]+)/' },
      to: { path: '^lib/adapters/[^/]+/', pathNot: '^lib/adapters/$1/' },
    },
    {
      name: 'infra-alone',
      comment: 'Cloud resources refer to the functions by path; the names they share with them are types in two files.',
      severity: 'error',
      from: { path: '^lib/infra/' },
      to: { path: '^(lib|functions)/', pathNot: '^(lib/infra/|functions/(environment|events)[.]ts$)' },
    },
    {
      name: 'sdk-in-its-adapter',
      comment: 'Only lib/adapters/aws talks to AWS.',
      severity: 'error',
      from: { path: '^(lib|functions|bin)/', pathNot: '^lib/adapters/aws/' },
      to: { path: '@aws-sdk/' },
    },
    {
      name: 'pure-core',
      comment: 'The pure layers have no clock, no disk, no network.',
      severity: 'error',
      from: { path: '^lib/(model|language|patterns|ports)/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no-tests-in-product',
      severity: 'error',
      from: { path: '^(lib|functions|bin)/' },
      to: { path: '^test/' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.mjs', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
    parser: 'swc',
  },
};
