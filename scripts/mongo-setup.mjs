// Makes sure there is a server for the MongoDB tests, in the order in which
// server/testkit looks for one: MONGODB_URI, a mongod, else SecantusDB (a test
// tool that speaks MongoDB's protocol) in a virtual environment of .cache.
import { pythonTool, sh } from './python.mjs';

const version = '0.7.0b3';
const secantus = pythonTool({ folder: 'mongo', packages: [`secantusdb==${version}`], program: 'secantusd-py' });

/** What the tests find without our help, or undefined. */
function foreignServer() {
  if (process.env.MONGODB_URI) return 'the server in MONGODB_URI';
  if (process.env.RAPPORT_MONGOD) return process.env.RAPPORT_MONGOD;
  return sh('mongod', ['--version']).status === 0 ? 'mongod on the PATH' : undefined;
}

function fail(problem) {
  console.error(problem);
  console.error('The MongoDB tests need a server. Any of these will do:');
  console.error('  · Python 3.10 or later with its venv module (Debian, Ubuntu: apt-get install python3 python3-venv)');
  console.error('  · mongod on the PATH, or named in RAPPORT_MONGOD');
  console.error('  · a replica set named in MONGODB_URI');
  process.exit(1);
}

const foreign = foreignServer();
if (!foreign && !secantus.installed()) {
  const problem = secantus.install();
  if (problem) fail(problem);
}
console.log(`MongoDB for the tests: ${foreign ?? `SecantusDB ${version}`}`);
