// What stands before several servers in real life: whoever connects gets the first
// that answers.
import { connect, createServer } from 'node:net';

/**
 * Listens and carries bytes to the first of the ports that takes the connection.
 * A connection whose server dies is cut, as a real one would be.
 * @param ports in the order in which they are tried
 * @returns {Promise<string>} the address people open
 */
export async function balance(t, ports) {
  const open = new Set();
  const server = createServer((person) => {
    person.on('error', () => {}); // told by 'close'
    person.pause();
    open.add(person);
    person.on('close', () => open.delete(person));
    tryNext(person, ports);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    for (const person of open) person.destroy();
  });
  return `http://127.0.0.1:${server.address().port}`;
}

function tryNext(person, [port, ...others]) {
  if (port === undefined) {
    person.destroy();
    return;
  }
  const rapport = connect(port, '127.0.0.1');
  const refused = () => tryNext(person, others);
  rapport.once('error', refused);
  rapport.once('connect', () => {
    rapport.off('error', refused);
    rapport.on('error', () => {});
    rapport.on('close', () => person.destroy());
    person.on('close', () => rapport.destroy());
    person.pipe(rapport).pipe(person);
  });
}
