/** The house's rules that a machine can hold: types, promises, and the arrows between the wings. */
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** An import of one of these wings' folders, from whatever depth. */
const wings = (...names) => names.map((name) => ({ regex: `^(\\.{1,2}/)+(?:.*/)?${name}/`, message: 'Imports go down only: cli → simulations → server, client → shared; server and client never import each other.' }));
const NODE_MODULES = [
  { regex: '^node:', message: 'This file also runs in browsers: take the platform by `#platform/NAME`, or move what needs Node into a node folder.' },
  { regex: '/node/', message: 'This file also runs in browsers and must not import what needs Node.' },
];
const NO_TENSORFLOW = { group: ['@tensorflow/*'], message: 'TensorFlow.js stays in shared/model, client/training, server/evaluation, simulations and tests.' };
const TENSORFLOW_ALLOWED = ['shared/model/**', 'shared/platform/*/backends*.ts', 'client/training/**', 'server/evaluation/**', 'simulations/**', 'test/**'];

/** `no-restricted-imports` replaces and never merges: each set of files says all that holds for it. */
const imports = (...patterns) => ({ '@typescript-eslint/no-restricted-imports': ['error', { patterns }] });

const DOM_GLOBALS = ['window', 'document', 'navigator', 'location', 'localStorage', 'sessionStorage', 'indexedDB', 'self', 'HTMLElement', 'Worker', 'postMessage', 'requestAnimationFrame', 'alert'];
const noGlobals = (names, message) => ({ 'no-restricted-globals': ['error', ...names.map((name) => ({ name, message }))] });

const TYPESCRIPT = ['**/*.ts'];

export default defineConfig(
  globalIgnores(['dist/', 'data/', 'coverage/', '.cache/', 'node_modules/', 'docs/.vitepress/', 'shared/kernels/assembly/']),
  {
    files: TYPESCRIPT,
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ['vitest.config.ts'] }, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none' }],
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // The house is functions and plain data: what an interface calls a method has no `this`.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/only-throw-error': ['error', { allowThrowingUnknown: true, allowThrowingAny: true }],
      '@typescript-eslint/no-redundant-type-constituents': 'off',
      // Implementing an asynchronous interface synchronously is what fakes and adapters do.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true, allowNullish: true }],
      '@typescript-eslint/prefer-promise-reject-errors': ['error', { allowThrowingUnknown: true, allowThrowingAny: true }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      'prefer-const': 'error',
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'No default exports: a thing has one name everywhere.' },
        { selector: 'TSEnumDeclaration', message: 'No enums: a union of literals.' },
        { selector: 'ThrowStatement > NewExpression[callee.name="Error"]', message: 'Throw a MurmurError with a code of the table.' },
      ],
    },
  },

  // The arrows of the house.
  { files: ['shared/**/*.ts'], rules: imports(...wings('server', 'client', 'simulations', 'cli', 'test'), ...NODE_MODULES, NO_TENSORFLOW) },
  { files: ['shared/model/**/*.ts'], rules: imports(...wings('server', 'client', 'simulations', 'cli', 'test'), ...NODE_MODULES) },
  { files: ['shared/platform/node/**/*.ts'], rules: imports(...wings('server', 'client', 'simulations', 'cli', 'test'), NO_TENSORFLOW) },
  { files: ['shared/platform/*/backends*.ts'], rules: imports(...wings('server', 'client', 'simulations', 'cli', 'test')) },
  { files: ['server/**/*.ts'], rules: imports(...wings('client', 'simulations', 'cli', 'test'), NO_TENSORFLOW) },
  { files: ['server/evaluation/**/*.ts'], rules: imports(...wings('client', 'simulations', 'cli', 'test')) },
  { files: ['client/**/*.ts'], rules: imports(...wings('server', 'simulations', 'cli', 'test'), ...NODE_MODULES, NO_TENSORFLOW) },
  { files: ['client/training/**/*.ts'], rules: imports(...wings('server', 'simulations', 'cli', 'test'), ...NODE_MODULES) },
  { files: ['client/node/**/*.ts', 'client/**/node/**/*.ts', 'client/**/*-node.ts', 'client/index.ts'], rules: imports(...wings('server', 'simulations', 'cli', 'test'), NO_TENSORFLOW) },
  { files: ['client/training/**/*-node.ts'], rules: imports(...wings('server', 'simulations', 'cli', 'test')) },
  { files: ['simulations/**/*.ts'], rules: imports(...wings('cli', 'test')) },
  { files: ['cli/**/*.ts'], ignores: TENSORFLOW_ALLOWED, rules: imports(...wings('test'), NO_TENSORFLOW) },

  // The dashboard's page is browser code that the server hands out.
  { files: ['shared/**/*.ts', 'server/**/*.ts'], ignores: ['shared/platform/browser/**', 'server/dashboard/**'], rules: noGlobals(DOM_GLOBALS, 'No DOM here: what needs it lives in client/browser, a browser folder, or the dashboard.') },
  { files: ['client/**/*.ts'], ignores: ['client/browser/**', 'client/**/browser/**', 'client/**/*-browser.ts'], rules: noGlobals(DOM_GLOBALS, 'No DOM here: what needs it lives in client/browser, a browser folder, or a file named *-browser.ts.') },
  {
    files: ['shared/**/*.ts', 'client/**/*.ts', 'server/dashboard/**/*.ts'],
    ignores: ['shared/platform/node/**', 'client/node/**', 'client/**/node/**', 'client/**/*-node.ts'],
    rules: { 'no-restricted-properties': ['error', { object: 'process', property: 'env', message: 'There is no environment in a browser: pass what is needed as an option.' }] },
  },

  // Tests look into things on purpose: mocks, JSON of unknown shape, errors thrown at will.
  {
    files: ['test/**/*.ts'],
    rules: {
      'no-restricted-syntax': ['error', { selector: 'ExportDefaultDeclaration', message: 'No default exports: a thing has one name everywhere.' }],
      'no-console': 'off',
    },
  },
  { files: ['simulations/benchmarks/**/*.ts'], rules: { 'no-console': 'off' } },
  { files: ['vitest.config.ts'], rules: { 'no-restricted-syntax': 'off' } },

  {
    files: ['**/*.mjs'],
    rules: { 'no-unused-vars': ['error', { argsIgnorePattern: '^_', caughtErrors: 'none' }], 'prefer-const': 'error', eqeqeq: ['error', 'always', { null: 'ignore' }] },
  },
);
