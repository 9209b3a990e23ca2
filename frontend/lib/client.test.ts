import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { api, ask, isProblem, pathWith, readAll, sendStored, sentences, session, urlOf, type Problem } from './client';

let ended = 0;
beforeEach(() => {
  ended = 0;
  session.ended = () => {
    ended++;
  };
});
afterEach(() => {
  vi.unstubAllGlobals();
});

/** asking answers a call and gives what ask throws. */
async function asking(answer: () => Response): Promise<Problem> {
  vi.stubGlobal('fetch', async () => answer());
  return ask(api.GET('/api/v1/me')).then(
    () => {
      throw new Error('it was answered');
    },
    (problem: unknown) => problem as Problem,
  );
}

const refusal = (status: number, code: string) => () =>
  new Response(JSON.stringify({ code, detail: 'Không được.', status }), {
    status,
    headers: { 'Content-Type': 'application/problem+json' },
  });
const page =
  (status: number, body = '<html>') =>
  () =>
    new Response(body, { status, headers: { 'Content-Type': 'text/html' } });

describe('ask', () => {
  it.each([403, 404, 422])("throws the server's own %d as it is", async (status) => {
    expect(await asking(refusal(status, 'no'))).toEqual({ code: 'no', detail: 'Không được.', status });
  });

  it('says that the session has ended where the server says so, and not where a proxy does', async () => {
    await asking(refusal(401, 'not_signed_in'));
    expect(ended).toBe(1);
    expect((await asking(refusal(401, 'sign_in'))).detail).toBe('Hãy đăng nhập lại.');
    expect((await asking(refusal(401, 'pin_wrong'))).detail).toBe('Không được.');
    ended = 1;
    const problem = await asking(page(401));
    expect([ended, problem.unanswered]).toEqual([1, true]);
  });

  it('says after the longest wait that the system does not answer, and not that there is no network', async () => {
    expect(
      await asking(() => {
        throw new DOMException('late', 'TimeoutError');
      }),
    ).toMatchObject({ unanswered: true, detail: 'Hệ thống tạm gián đoạn, xin thử lại sau ít giây.' });
  });

  it.each([
    ['a proxy without a server', page(502)],
    ['an empty 504', page(504, '')],
    ["a proxy's 403", page(403)],
    ["a hotel's sign-in page", page(200)],
    ['a server that stops', refusal(503, 'stopping')],
    ['too many calls', refusal(429, 'too_many')],
    [
      'no network',
      () => {
        throw new TypeError('Failed to fetch');
      },
    ],
  ])('takes %s for no answer, in words', async (_, answer) => {
    const problem = await asking(answer);
    expect(problem.unanswered).toBe(true);
    expect(problem.detail.length).toBeGreaterThan(8);
  });
});

describe('readAll', () => {
  const pages = [
    { items: [1, 2], next: 'b' },
    { items: [3, 4], next: 'c' },
    { items: [], next: null },
  ];
  const reader = (asked: unknown[]) => async (page: { limit: number; after?: string }) => {
    asked.push(page.after);
    return { data: pages[asked.length - 1], response: new Response() };
  };

  it('reads a list to its end', async () => {
    const asked: unknown[] = [];
    expect(await readAll(reader(asked))).toEqual([1, 2, 3, 4]);
    expect(asked).toEqual([undefined, 'b', 'c']);
  });

  it('stops when it has enough', async () => {
    const asked: unknown[] = [];
    expect(await readAll(reader(asked), 2)).toEqual([1, 2]);
    expect(asked.length).toBe(1);
  });
});

describe('sendStored', () => {
  it('sends the path as it was stored, with its key, JSON and the language', async () => {
    let sent: Request | undefined;
    vi.stubGlobal('fetch', async (request: Request) => {
      sent = request;
      return new Response('{}', { headers: { 'Content-Type': 'application/json' } });
    });
    document.documentElement.lang = 'vi';
    await sendStored({ method: 'POST', path: '/api/v1/markets/1/fees/import?dry_run=true', body: { a: 1 }, key: 'k' });
    expect(new URL(sent!.url).search).toBe('?dry_run=true');
    expect(sent!.method).toBe('POST');
    expect(await sent!.json()).toEqual({ a: 1 });
    for (const [name, value] of [
      ['Idempotency-Key', 'k'],
      ['Content-Type', 'application/json'],
      ['Accept-Language', 'vi'],
    ])
      expect(sent!.headers.get(name!)).toBe(value);
  });
});

describe('problems in words', () => {
  it('name each wrong field, or one sentence for all', () => {
    const errors = ['Sai số.', 'Thiếu tên.'].map((detail) => ({ field: 'f', code: 'c', detail }));
    expect(sentences({ code: 'invalid', status: 422, detail: 'Không hợp lệ.', errors })).toEqual([
      'Sai số.',
      'Thiếu tên.',
    ]);
    expect(sentences({ code: 'no', status: 403, detail: 'Không được.' })).toEqual(['Không được.']);
    expect(sentences(new Error('broken'))).toEqual(['broken']);
    expect(isProblem(new Error('broken'))).toBe(false);
  });
});

describe('paths', () => {
  it('take their parameter and query, escaped, without empty values', () => {
    expect(pathWith('/api/v1/campaigns/{campaign}/costs', 'A/B')).toBe('/api/v1/campaigns/A%2FB/costs');
    expect(urlOf('/a', { size: 'a6', zone: '', page: 2 })).toBe('/a?size=a6&page=2');
    expect(urlOf('/a')).toBe('/a');
  });
});
