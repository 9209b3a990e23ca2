// The API, typed by its own OpenAPI (schema.d.ts is generated: make client).
import createClient, { type Middleware } from 'openapi-fetch';
import { t } from './language.svelte';
import type { components, paths } from './schema';

export type Payment = components['schemas']['PaymentsPayment'];
export type Stall = components['schemas']['MerchantsStall'];
export type Order = components['schemas']['PaymentsOrder'];
export type Reader = components['schemas']['TrailReader'];
export type Seller = components['schemas']['SigninSeller'];
export type StickerCheck = components['schemas']['MerchantsStickerCheck'];
export type RevenueBook = components['schemas']['BookBook'];
export type BookEntry = components['schemas']['BookEntry'];
export type Consent = components['schemas']['PrivacyConsent'];
export type ConsentText = components['schemas']['PrivacyConsentText'];
export type Soundbox = components['schemas']['SoundboxBox'];
export type Shift = components['schemas']['PaymentsShift'];
export type Day = components['schemas']['PaymentsDay'];
export type AccountChange = components['schemas']['MerchantsBeneficiaryChange'];
export type Visibility = components['schemas']['PrivacyVisibility'];

/** Why the API refused, in the reader's language. */
export interface Problem {
  code: string;
  detail: string;
  status: number;
  errors?: { field: string; code: string; detail: string }[];
  /** The server did not say this: there was no answer, somebody else's, or one that the server could not give. */
  unanswered?: boolean;
}

/** No answer came: the network, not the API. */
export const offline = (): Problem => ({
  code: 'offline',
  detail: t('Mất mạng, hãy thử lại.', 'No connection, please try again.'),
  status: 0,
  unanswered: true,
});

/** Nothing was heard for long: the server, not the network. */
export const silent = (): Problem => ({
  ...offline(),
  detail: t(
    'Hệ thống tạm gián đoạn, xin thử lại sau ít giây.',
    'The system does not answer, please try again in a few seconds.',
  ),
});

/** What the server tells who is not signed in; its words are for programs, too. */
const signedOut = ['sign_in', 'session_ended'];

/**
 * refuses reports whether an answer is the server's own word about what was asked. Only a refusal in the API's own form is one: a hotel's
 * sign-in page, a proxy's 403, a server that restarts or is asked too much says nothing of it.
 */
export function refuses(answer: Response): boolean {
  const { status } = answer;
  return (
    status >= 400 &&
    status < 500 &&
    ![408, 425, 429].includes(status) &&
    (answer.headers.get('Content-Type') ?? '').includes('json')
  );
}

/** The longest that a read waits for its answer, in milliseconds: a browser with too many open lines does not answer at all. */
const readPatience = 30_000;

export const api = createClient<paths>({
  baseUrl: location.origin,
  headers: { Accept: 'application/json' },
  fetch: (request) =>
    fetch(request, request.method === 'GET' ? { signal: AbortSignal.timeout(readPatience) } : undefined),
});

/** What is done when the server says that nobody is signed in; an app that must not leave its page says otherwise. */
export const session = {
  ended: () =>
    location.assign(
      `/sign-in?next=${encodeURIComponent(location.pathname + location.hash)}&lang=${document.documentElement.lang}`,
    ),
};

const language: Middleware = {
  onRequest({ request }) {
    request.headers.set('Accept-Language', document.documentElement.lang);
    return request;
  },
};
api.use(language);

/** ask gives the data of a call, or throws its Problem; who is not signed in is sent to do so, unless session.ended says otherwise. */
export async function ask<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  let answer;
  try {
    answer = await call;
  } catch (cut) {
    throw (cut as Error).name === 'TimeoutError' ? silent() : offline();
  }
  if (answer.response.ok) return answer.data as T;
  const { status } = answer.response;
  const told = typeof answer.error === 'object' ? (answer.error as Partial<Problem> | null) : undefined;
  const problem: Problem = {
    code: 'failed',
    detail: `${t('Lỗi máy chủ, hãy thử lại', 'The server failed, please try again')} (${status}).`,
    ...told,
    status,
  };
  if (refuses(answer.response)) {
    if (signedOut.includes(problem.code)) problem.detail = t('Hãy đăng nhập lại.', 'Please sign in again.');
    if (status === 401) session.ended();
  } else problem.unanswered = true;
  throw problem;
}

/** What a problem says to who reads it. */
export function sentence(problem: unknown): string {
  const p = problem as Problem;
  return p.errors?.[0]?.detail ?? p.detail ?? (problem instanceof Error ? problem.message : String(problem));
}
