// A slow and lossy line before a server: what goes through it comes late, in its
// order, and now and then the connection is torn in the middle.
import { connect, createServer } from 'node:net';

/**
 * Starts the line; its chances are the same in each run.
 * @returns {Promise<{url: string, torn: () => number, tear: (share: number) => void}>}
 *   torn counts the connections torn so far, tear says which share of pieces tears one.
 */
export async function slowLine(t, target, { latencyMs, jitterMs, tearing }) {
  const { hostname, port } = new URL(target);
  const open = new Set();
  const random = chances();
  let share = tearing;
  let torn = 0;
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    const both = [near, far];
    for (const socket of both) {
      open.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => open.delete(socket));
    }
    const tearBoth = () => {
      torn++;
      for (const socket of both) socket.resetAndDestroy();
    };
    const late = () => latencyMs + (random() * 2 - 1) * jitterMs;
    carry(near, far, late, () => random() < share, tearBoth);
    carry(far, near, late, () => random() < share, tearBoth);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    torn: () => torn,
    tear: (next) => {
      share = next;
    },
  };
}

/** Carries what one end says to the other, late; a piece never overtakes the one before. */
function carry(from, to, late, isTorn, tear) {
  const waiting = [];
  let due = 0;
  // One timer at a time: of two that are due in the same millisecond the later may fire first.
  const next = () => {
    setTimeout(() => {
      waiting.shift().task();
      if (waiting.length) next();
    }, waiting[0].due - Date.now());
  };
  const after = (task) => {
    due = Math.max(due, Date.now() + late());
    if (waiting.push({ due, task }) === 1) next();
  };
  from.on('data', (piece) => {
    if (!isTorn()) return after(() => to.destroyed || to.write(piece));
    // Half of it arrives.
    return after(() => {
      if (!to.destroyed) to.write(piece.subarray(0, piece.length / 2), tear);
    });
  });
  from.on('end', () => after(() => to.end()));
  from.on('close', (failed) => failed && to.destroy());
}

/** Numbers from 0 to 1, the same in each run. */
function chances() {
  let state = 20_260_724;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7f_ff_ff_ff;
    return state / 2 ** 31;
  };
}
