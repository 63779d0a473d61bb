// Who may import whom. Every rule says why, and the reason is printed with each breach.
const { readdirSync } = require('node:fs');
const { join } = require('node:path');

const server = '^apps/server/src';
const slice = `${server}/modules/([^/]+)`;
const tests = '([.](test|fixtures)[.]ts$|^apps/server/test/)';
const npm = (...names) => names.map((name) => `(^|/)node_modules/${name}(/|$)`).join('|');

// An entity is the file that has a repository beside it: `product.ts` next to `product.repository.ts`.
const modules = join(__dirname, 'apps/server/src/modules');
const entities = readdirSync(modules, { recursive: true })
  .filter((path) => path.endsWith('.repository.ts'))
  .map((path) => `${server}/modules/${path.replaceAll('\\', '/').replace('.repository.ts', '')}[.]ts$`);

const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    // Packages
    rule(
      'contracts-stand-alone',
      'contracts → zod and nothing else: clients, documents and both doors read them, none of which may drag in a server.',
      { path: '^packages/contracts/src', pathNot: tests },
      { pathNot: ['^packages/contracts/src', npm('zod')] },
    ),
    rule(
      'lease-is-pure',
      'lease → nothing: it also runs in browsers and in apps, and whoever audits it reads one folder. Only node.ts, its adapter to Node, imports node:crypto.',
      { path: '^packages/lease/src', pathNot: [tests, '^packages/lease/src/node[.]ts$'] },
      { pathNot: '^packages/lease/src' },
    ),
    rule(
      'lease-node-adapter-only-crypto',
      'lease/node.ts → node:crypto and nothing else: verifying a lease needs no file, no network and no clock.',
      { path: '^packages/lease/src/node[.]ts$' },
      { pathNot: ['^packages/lease/src', '^(node:)?crypto$'] },
    ),
    rule(
      'client-stands-alone',
      'client → lease and node:*: whoever embeds it installs nothing else, and what it is built from fits into one head.',
      { path: '^packages/client/src', pathNot: tests },
      { pathNot: ['^packages/(client|lease)/src'], dependencyTypesNot: ['core'] },
    ),
    rule(
      'client-entries-for-everywhere',
      'admin, testing and browser → nothing of Node, however far: they run in browsers, workers and Deno. Only index.ts is for Node.',
      { path: '^packages/client/src/(admin/|testing/|browser[.]ts$)', pathNot: tests },
      { path: ['^(?!packages/)', '^packages/lease/src/node[.]ts$'], reachable: true },
    ),
    rule(
      'packages-know-no-app',
      'packages → never apps: a package that needs an app cannot be used without it.',
      { path: '^packages/' },
      { path: '^apps/' },
    ),

    // The floor
    rule(
      'platform-knows-no-business',
      'platform → contracts, lease, drivers: it holds what has no business word. Hand in what it needs from above as a parameter.',
      { path: `${server}/platform/`, pathNot: tests },
      { path: `${server}/`, pathNot: `${server}/platform/` },
    ),
    rule(
      'platform-knows-no-framework',
      'platform → no fastify, no tRPC: a use case must run without a door, in a test or in the command line.',
      { path: `${server}/platform/`, pathNot: tests },
      { path: npm('fastify', '@fastify', '@trpc') },
    ),
    rule(
      'drivers-behind-dialects',
      'Only platform/db/dialect imports a database driver: another driver must stay a change of one file.',
      { path: '^apps/server/', pathNot: [`${server}/platform/db/dialect/`, '^apps/server/test/'] },
      { path: npm('sqlite3', 'pg', 'better-sqlite3') },
    ),
    rule(
      'config-only-reads',
      'config → zod and contracts: settings are checked before anything else is built.',
      { path: `${server}/config/`, pathNot: tests },
      { path: `${server}/`, pathNot: `${server}/config/` },
    ),
    rule(
      'migrations-stand-still',
      'migrations → knex and platform/db: a migration must do in two years what it does today, and the code around it will have changed.',
      { path: '^apps/server/migrations/' },
      { pathNot: [npm('knex'), `${server}/platform/db/`, '^apps/server/migrations/'] },
    ),

    // Slices
    rule(
      'slices-meet-at-their-index',
      "A slice → another slice's index.ts only: what is not listed there may change without asking anybody.",
      { path: `${slice}/`, pathNot: tests },
      { path: `${slice}/`, pathNot: [`${server}/modules/$1/`, `${slice}/index[.]ts$`] },
    ),
    rule(
      'slices-open-at-their-index',
      'From outside, a slice is its index.ts: its repositories, entities and use cases are its own affair.',
      { path: '^apps/', pathNot: [`${server}/modules/`, tests] },
      { path: `${slice}/`, pathNot: `${slice}/index[.]ts$` },
    ),
    rule(
      'entities-do-no-io',
      '<noun>.ts → nothing with I/O, no framework: rules that are plain functions can be tested with values alone and read without the rest.',
      { path: entities },
      {
        path: [
          npm('knex', 'fastify', '@fastify', '@trpc', 'pino', 'sqlite3', 'pg'),
          `${server}/platform/(db|events|jobs|crypto)/`,
          `${server}/platform/(logger|idempotency)[.]ts$`,
          '[.]repository[.]ts$',
        ],
      },
    ),
    rule(
      'entities-use-no-builtins',
      '<noun>.ts → no node:*: files, network, randomness and the clock are handed in, never fetched.',
      { path: entities },
      { dependencyTypes: ['core'] },
    ),
    rule(
      'repositories-know-their-noun',
      'repository → own noun and platform/db: a repository that reaches into another slice hides a decision in SQL.',
      { path: `${slice}/.*[.]repository[.]ts$` },
      {
        path: `${server}/modules/`,
        pathNot: `${server}/modules/$1/`,
        // A join needs the other slice's filter or record, which its index.ts gives; writing there needs its repository.
        dependencyTypesNot: ['type-only'],
      },
    ),
    rule(
      'sql-lives-in-repositories',
      'In a slice only *.repository.ts, *-filter.ts and *-log.ts import knex: whoever looks for a statement looks in one place, and a use case cannot write beside its transaction.',
      { path: `${slice}/`, pathNot: [tests, '([.]repository|-filter|-log)[.]ts$'] },
      { path: npm('knex') },
    ),
    rule(
      'slices-know-no-door',
      'Use cases, entities and repositories → never http, trpc or their frameworks: one implementation serves every door. Only router.ts binds to trpc.',
      { path: `${slice}/`, pathNot: [tests, `${slice}/router[.]ts$`] },
      { path: [`${server}/(http|trpc)/`, npm('fastify', '@fastify', '@trpc')] },
    ),
    rule(
      'routers-bind-and-no-more',
      'router → contracts, trpc, own use cases: a router that meets http or SQL has begun to decide.',
      { path: `${slice}/router[.]ts$` },
      {
        path: [
          `${server}/http/`,
          `${server}/platform/db/`,
          '[.]repository[.]ts$',
          npm('fastify', '@fastify', 'knex'),
        ],
      },
    ),

    // Doors
    rule(
      'doors-know-no-slice',
      'http, trpc → never a slice, least of all a repository: doors carry calls and answers; what is asked is decided behind the router.',
      { path: `${server}/(http|trpc)/`, pathNot: tests },
      { path: [`${server}/modules/`, '[.]repository[.]ts$'] },
    ),
    rule(
      'trpc-knows-no-http',
      'trpc → never http: the REST door stands on the procedures, not the other way round.',
      { path: `${server}/trpc/`, pathNot: tests },
      { path: [`${server}/http/`, npm('fastify', '@fastify')] },
    ),

    // The top
    rule(
      'compose-is-the-top',
      'Only main.ts, cli and tests import compose.ts: whoever else reaches for it wants something handed in. Its types are free.',
      { pathNot: [`${server}/main[.]ts$`, `${server}/cli/`, tests] },
      { path: `${server}/compose[.]ts$`, dependencyTypesNot: ['type-only'] },
    ),
    rule(
      'main-is-started-not-imported',
      'Nobody imports main.ts of the server or of the command line: importing them starts them.',
      {},
      { path: `${server}/(main|cli/main|cli/openapi)[.]ts$` },
    ),

    // Everywhere
    rule(
      'no-circles',
      'A circle of imports has no first file: it breaks on load order and cannot be understood in parts. Types may meet in a circle.',
      {},
      { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    ),
    rule(
      'code-needs-no-test',
      'Code never imports tests or their helpers: it ships without them.',
      { path: '/src/', pathNot: tests },
      { path: tests },
    ),
    rule(
      'code-needs-no-dev-dependency',
      'src → dependencies of its package.json, not devDependencies: those are absent where it runs.',
      { path: '/src/', pathNot: tests },
      { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    ),
    rule(
      'declared-dependencies',
      'Every imported package stands in package.json: one that is there only because another brought it is gone after an update.',
      {},
      // The test runner is the whole repository's.
      { dependencyTypes: ['npm-no-pkg', 'npm-unknown'], pathNot: npm('vitest') },
    ),
    rule('resolvable', 'Every import leads to a file.', {}, { couldNotResolve: true }),
  ],
  options: {
    // TypeScript 7 has no JavaScript API to parse with. swc sees type imports without `tsPreCompilationDeps`.
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    // What a build wrote follows from what it was built from.
    exclude: { path: '^(apps|packages)/[^/]+/dist/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      // The client package from its source: it need not be built to be looked at.
      conditionNames: ['@thrivetech/source', 'import', 'node', 'default'],
      extensions: ['.ts', '.mjs', '.js', '.json'],
    },
  },
};
