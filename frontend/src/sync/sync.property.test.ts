import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Problem, WireRecord } from '../api/wire.ts';
import type { Sync } from './sync.ts';
import { PretendedServer, settle, showBoard } from './testing.ts';

// ---- Whatever happens on the way, the screen ends with what the server has ----

const deal = (id: string, f: Record<string, unknown>): WireRecord => ({ t: 'deal', id, v: 1, f });
const conflict: Problem = { type: 'about:blank', title: '', status: 409, code: 'conflict', reason: 'conflict' };

let server: PretendedServer;

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

type Event =
  | { do: 'foreign'; id: string; value: number }
  | { do: 'hide'; id: string }
  | { do: 'own'; id: string; value: number; verdict: 'commit' | 'refuse' | 'lost' | 'unreachable' }
  | { do: 'cut' }
  | { do: 'repeat'; after: number }
  | { do: 'gap' }
  | { do: 'mute' }
  | { do: 'load' }
  | { do: 'hold' }
  | { do: 'release' }
  | { do: 'wait'; ms: number };

const id = fc.constantFrom('d', 'e', 'f');
const value = fc.integer({ min: 0, max: 99 });
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('foreign' as const), id, value }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('hide' as const), id }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('own' as const),
      id,
      value,
      verdict: fc.constantFrom('commit', 'commit', 'refuse', 'lost', 'unreachable'),
    }),
  },
  fc.constant<Event>({ do: 'cut' }),
  fc.record({ do: fc.constant('repeat' as const), after: fc.nat(20) }),
  ...(['gap', 'mute', 'load', 'hold', 'release'] as const).map((name) => fc.constant<Event>({ do: name })),
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 3_000 }) }) },
);

function edit(sync: Sync, id: string, value: number) {
  const basedOn = sync.store.getState().records.get(id)?.version ?? 0;
  return sync.run({ name: 'record.edit', args: { id, basedOn, values: { title: value } } });
}

async function happen(what: Event, sync: Sync): Promise<void> {
  const socket = server.sockets.findLast(({ state }) => state === 'open');
  switch (what.do) {
    case 'foreign':
      server.change(what.id, { title: what.value });
      break;
    case 'hide':
      if (server.records.has(what.id)) server.change(what.id, null);
      break;
    case 'own':
      server.decide = () => (what.verdict === 'refuse' ? conflict : what.verdict);
      if (sync.store.getState().records.has(what.id)) void edit(sync, what.id, what.value);
      break;
    case 'cut':
      socket?.cut();
      break;
    case 'repeat':
      socket?.range(what.after % (server.log.length + 1), server.log.length);
      break;
    case 'gap':
      server.change('d', { title: -1 });
      socket?.range(server.log.length - 1, server.log.length);
      break;
    case 'mute':
      if (socket) socket.muted = !socket.muted;
      break;
    case 'load':
      sync.reloadView('/boards/b');
      break;
    case 'hold':
      server.holdLoads = true;
      break;
    case 'release':
      await server.release();
      break;
    case 'wait':
      await vi.advanceTimersByTimeAsync(what.ms);
      break;
  }
  await settle();
  for (const opening of server.sockets) if (opening.state === 'opening' && opening === server.sockets.at(-1)) opening.open();
  await settle();
}

it('[B11] [M1] [SL4] [SL6] ends with the server’s records after any order of frames, loads, cuts and refusals', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 25 }), async (events) => {
      server = new PretendedServer(deal('d', { title: 'A' }), deal('e', { title: 'B' }), deal('f', { title: 'C' }));
      const { sync } = await showBoard(server);
      for (const what of events) await happen(what, sync);
      // Then the network is good again, and everything has its time.
      server.decide = () => 'commit';
      for (const socket of server.sockets) socket.muted = false;
      await server.release();
      for (let i = 0; i < 12; i++) await happen({ do: 'wait', ms: 5_000 }, sync);
      for (const command of sync.store.getState().pending) sync.dismiss(command.commandId);

      const seen = Object.fromEntries(
        sync.recordsOf('deal').map((record) => [record.id, [record.version, record.fields['title']]]),
      );
      const real = Object.fromEntries([...server.records.values()].map((record) => [record.id, [record.v, record.f['title']]]));
      expect(seen).toEqual(real);
      sync.stop();
    }),
    { numRuns: 120 },
  );
}, 60_000);
