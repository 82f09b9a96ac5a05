// npm start: sets everything up, then runs Rapport. Arguments go to the server
// (npm start -- --demo); so does the environment (MONGODB_URI=… npm start).
import { spawn } from 'node:child_process';
import { ensureBinary, root } from './build.mjs';

const server = spawn(ensureBinary(), process.argv.slice(2), { cwd: root, stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => server.kill(signal));
server.on('exit', (code) => process.exit(code ?? 1));
