// Values that are found again wherever they come out, of every kind that a field can
// have; and the tap that takes down all that reaches a browser.
import assert from 'node:assert/strict';

/** Every text of a hidden place begins with it; it is what the searches begin with, too. */
export const beginning = 'zqx';
/** Two departments that the viewers may not look into, and a third whose people see it masked. */
export const places = ['south', 'west', 'near'];
export const types = ['customer', 'contact', 'deal'];
/** All kinds that a field can have. */
export const kinds = [
  'text',
  'longtext',
  'number',
  'money',
  'date',
  'time',
  'choice',
  'choices',
  'bool',
  'user',
  'department',
  'link',
  'email',
  'emails',
  'phone',
  'phones',
  'address',
  'url',
];

const keyOf = (kind) => `hush${kind[0].toUpperCase()}${kind.slice(1)}`;
/** What the keys of all these fields begin with, in a record: a yes or no can be told by nothing else. */
export const anyKey = 'fields.hush';

const choicesOf = (kind) =>
  places.map((place) => ({ key: `${beginning}${place}${kind}`, labels: { en: `${beginning}${place} ${kind} label` } }));

/** Arguments of field.define for every kind, in the groups that a guest does not see. */
export function definitions(id) {
  const groups = ['money', 'reach', 'notes'];
  return types.flatMap((recordType) =>
    kinds.map((kind, n) => ({
      id: id(),
      recordType,
      key: keyOf(kind),
      kind,
      group: groups[n % groups.length],
      labels: { en: `Hush ${kind}` },
      ...(kind.startsWith('choice') && { choices: choicesOf(kind) }),
      ...(kind === 'link' && { linkType: 'customer' }),
    })),
  );
}

/**
 * A value of every kind for one record, each with the words by which it is known:
 * as it is sent, and as it is shown.
 * @param refs ids and names of the person, the department and the customer that it speaks of
 */
export function canaries(place, type, refs) {
  const mark = `${places.indexOf(place) + 1}${types.indexOf(type) + 1}`;
  const word = (kind) => `${beginning}${place}${type}${kind}`;
  const number = `61${mark}8275`;
  const minor = `52${mark}9364`;
  const phone = (last) => `60${mark}1827${last}`;
  const grouped = (digits) => Number(digits).toLocaleString('en');
  const day = (year, month, name) => [`${year}-${month}-11`, `11 ${name} ${year}`, `${name} 11, ${year}`];
  // As the server spells a Spanish number, and as somebody might who does not know where it is from.
  const dialled = (digits) => [
    digits,
    digits.replace(/(...)(..)(..)(..)/, '$1 $2 $3 $4'),
    digits.replace(/(...)(...)(...)/, '$1 $2 $3'),
  ];
  const of = {
    text: [word('text')],
    longtext: [`${word('longtext')}\nand on`, word('longtext')],
    number: [Number(number), number, grouped(number)],
    money: [{ amount: Number(minor), currency: 'EUR' }, minor, grouped(minor.slice(0, -2))],
    date: [`24${mark}-03-11`, ...day(`24${mark}`, '03', 'Mar')],
    time: [`23${mark}-08-11T11:00:00Z`, ...day(`23${mark}`, '08', 'Aug')],
    choice: [choicesOf('choice')[places.indexOf(place)].key, `${beginning}${place} choice label`],
    choices: [
      [choicesOf('choices')[places.indexOf(place)].key],
      choicesOf('choices')[places.indexOf(place)].key,
      `${beginning}${place} choices label`,
    ],
    bool: [true],
    user: [refs.user.id, refs.user.name],
    department: [refs.department.id, refs.department.name],
    link: [refs.link.id, refs.link.name],
    email: [`${word('email')}@example.com`],
    emails: [[`${word('emails')}@example.com`], `${word('emails')}@example.com`],
    phone: [`+34${phone(1)}`, ...dialled(phone(1))],
    phones: [[`+34${phone(2)}`], ...dialled(phone(2))],
    address: [{ street: word('street'), city: word('city') }, word('street')],
    url: [`https://${word('url')}.example/`],
  };
  return kinds.map((kind) => {
    const [value, ...words] = of[kind];
    return { kind, key: `fields.${keyOf(kind)}`, value, words: [...(typeof value === 'string' ? [value] : []), ...words] };
  });
}

/** Values of the fields that the product has itself, by what a guest sees of them. */
export const own = {
  standard: (word, type) =>
    ({
      deal: {
        nextStep: `${word}next`,
        product: `${word}product`,
        source: `${word}source`,
        externalId: `${word}external`,
        lostReason: `${word}lost`,
      },
      customer: { website: `https://${word}site.example/`, externalId: `${word}external` },
      contact: { jobTitle: `${word}job`, externalId: `${word}external` },
    })[type],
  masked: (word, type) =>
    type === 'deal'
      ? { notes: `${word}notes`, amount: { amount: 91_827_364, currency: 'EUR' } }
      : {
          notes: `${word}notes`,
          emails: [`${word}mail@example.com`],
          phones: ['+34600918273'],
          address: { street: `${word}street`, city: `${word}city` },
        },
  words: ['91827364', '918,273', '918.273', '600918', '600 91 82', '600 918'],
};

/**
 * Takes down all that reaches the pages of a context, from before they open anything: answers and frames.
 * Each answer is read before it is handed on, so that none is missed because its page left. all() waits
 * for what is on its way, and fails when something could not be read.
 */
export async function tapOf(context) {
  const answers = [];
  const frames = [];
  const unread = [];
  const listen = (page) =>
    page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => frames.push(String(payload))));
  context.pages().forEach(listen);
  context.on('page', listen);
  const pass = async (route) => {
    const asked = `${route.request().method()} ${route.request().url()}`;
    try {
      const response = await route.fetch({ maxRedirects: 0 });
      const told = { head: `${response.status()} ${JSON.stringify(response.headersArray())}`, body: await response.text() };
      // Nobody is there any more who waits for it: that page has gone elsewhere.
      await route.fulfill({ response }).catch(() => {});
      return told;
    } catch (error) {
      unread.push(`${asked}: ${error}`);
      return { head: '', body: '' };
    }
  };
  await context.route('**/api/**', (route) => {
    answers.push(pass(route));
  });
  return {
    frames,
    async all() {
      for (let seen = -1; seen !== answers.length; ) {
        seen = answers.length;
        await Promise.all(answers);
      }
      assert.deepEqual(unread, [], 'every answer can be read');
      return Promise.all(answers);
    },
  };
}

/**
 * A message without what everybody may know: what fields there are, with their
 * choices, and the records themselves of those that a hidden value speaks of.
 */
export function withoutPublic(text, refs) {
  const known = [refs.user.id, refs.department.id];
  const told = (record) =>
    record.t === 'field' || known.includes(record.id) || (record.t === 'membership' && known.includes(record.f?.userId));
  const clean = (value) => {
    if (Array.isArray(value)) return value.filter((one) => !(one && typeof one === 'object' && told(one))).map(clean);
    if (!value || typeof value !== 'object') return value;
    const kept = Object.entries(value).filter(([key]) => key !== 'schema');
    return Object.fromEntries(kept.map(([key, one]) => [key, clean(one)]));
  };
  try {
    return JSON.stringify(clean(JSON.parse(text)));
  } catch {
    return text;
  }
}

/** Everything that a browser holds of a site. */
export function held(page) {
  return page.evaluate(async () => {
    const found = [];
    for (const element of document.querySelectorAll('*')) {
      if ('value' in element && element.value) found.push(String(element.value));
      if (element.shadowRoot) found.push(element.shadowRoot.innerHTML);
    }
    found.push(document.documentElement.outerHTML, document.title, location.href, document.cookie, window.name);
    found.push(JSON.stringify(history.state), JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage }));
    for (const { name } of await indexedDB.databases()) {
      const database = await new Promise((resolve, reject) => {
        const asked = indexedDB.open(name);
        asked.onsuccess = () => resolve(asked.result);
        asked.onerror = () => reject(asked.error);
      });
      for (const store of database.objectStoreNames) {
        const rows = await new Promise((resolve, reject) => {
          const asked = database.transaction(store).objectStore(store).getAll();
          asked.onsuccess = () => resolve(asked.result);
          asked.onerror = () => reject(asked.error);
        });
        found.push(`${name}/${store} ${JSON.stringify(rows)}`);
      }
      database.close();
    }
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) {
        if (/\.(js|css|woff2?)$/.test(request.url)) continue; // the app itself
        found.push(`${request.url} ${await (await cache.match(request)).text()}`);
      }
    }
    return found;
  });
}

export function assertNone(where, text, words) {
  for (const word of words) {
    const at = text.indexOf(word);
    assert.equal(at, -1, `${where} holds “${word}”: …${text.slice(Math.max(0, at - 80), at + 80)}…`);
  }
}
