import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { api, ask, session, type Problem } from './api';

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
