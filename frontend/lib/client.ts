// The one way to call the API, with the types of its own OpenAPI document (schema.d.ts; `make client` writes it).
import createClient, { type Middleware } from 'openapi-fetch';
import { t } from './language.svelte';
import type { components, paths } from './schema';

export type Schemas = components['schemas'];
export type Payment = Schemas['PaymentsPayment'];
export type Stall = Schemas['MerchantsStall'];
export type Market = Schemas['MerchantsMarket'];
export type Order = Schemas['PaymentsOrder'];
export type Reader = Schemas['TrailReader'];
export type Seller = Schemas['SigninSeller'];
export type StickerCheck = Schemas['MerchantsStickerCheck'];
export type RevenueBook = Schemas['BookBook'];
export type BookEntry = Schemas['BookEntry'];
export type Consent = Schemas['PrivacyConsent'];
export type ConsentText = Schemas['PrivacyConsentText'];
export type Soundbox = Schemas['SoundboxBox'];
export type Shift = Schemas['PaymentsShift'];
export type Day = Schemas['PaymentsDay'];
export type AccountChange = Schemas['MerchantsBeneficiaryChange'];
export type Visibility = Schemas['PrivacyVisibility'];
export type Me = Schemas['WebMe'];

/** Problem is the one error of all calls: why the API refused, in the reader's language. */
export interface Problem extends Omit<Schemas['Problem'], 'type' | 'title'> {
  /** The server did not refuse: there was no answer, one of another machine, or one that the server could not give. */
  unanswered?: boolean;
}

/** Answer is what a call of `api` returns. */
export interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** offline returns the problem of a call that got no answer: the network is missing, not the API. */
export const offline = (): Problem => ({
  code: 'offline',
  detail: t('Mất mạng, hãy thử lại.', 'No connection, please try again.'),
  status: 0,
  unanswered: true,
});

/** silent returns the problem of a call that waited too long: the server does not answer, the network is there. */
export const silent = (): Problem => ({
  ...offline(),
  detail: t(
    'Hệ thống tạm gián đoạn, xin thử lại sau ít giây.',
    'The system does not answer, please try again in a few seconds.',
  ),
});

/** Codes of refusals of a caller who is not signed in. The API's own sentences for them address programs. */
const signedOutCodes = ['sign_in', 'session_ended'];

/**
 * isRefusal reports whether an answer is the server's own decision about a call. Only a 4xx in the API's own form is one. The sign-in page
 * of a hotel, the 403 of a proxy, a server that restarts and a rate limit decide nothing.
 */
export function isRefusal(answer: Response): boolean {
  const { status } = answer;
  return (
    status >= 400 &&
    status < 500 &&
    ![408, 425, 429].includes(status) &&
    (answer.headers.get('Content-Type') ?? '').includes('json')
  );
}

/** The time limit of every read, in milliseconds: a browser with too many open connections does not answer at all. */
const readLimit = 30_000;

/** limited is fetch with the time limit for reads, beside the caller's own signal where the browser can join two. */
function limited(request: Request): Promise<Response> {
  if (request.method !== 'GET') return fetch(request);
  const limit = AbortSignal.timeout(readLimit);
  return fetch(request, { signal: 'any' in AbortSignal ? AbortSignal.any([request.signal, limit]) : limit });
}

export const api = createClient<paths>({
  baseUrl: location.origin,
  headers: { Accept: 'application/json' },
  fetch: limited,
});

const language: Middleware = {
  onRequest({ request }) {
    request.headers.set('Accept-Language', document.documentElement.lang);
    return request;
  },
};
api.use(language);

/** session.ended is called when the server says that the user is not signed in. An app that must stay on its page replaces it. */
export const session = {
  ended: () =>
    location.assign(
      `/sign-in?next=${encodeURIComponent(location.pathname + location.hash)}&lang=${document.documentElement.lang}`,
    ),
};

/** problemOf returns the Problem of an answer that is not ok. */
export function problemOf({ error, response }: Omit<Answer<unknown>, 'data'>): Problem {
  const { status } = response;
  const body = typeof error === 'object' ? (error as Partial<Problem> | null) : undefined;
  const problem: Problem = {
    code: 'failed',
    detail: `${t('Lỗi máy chủ, hãy thử lại', 'The server failed, please try again')} (${status}).`,
    ...body,
    status,
  };
  if (!isRefusal(response)) return { ...problem, unanswered: true };
  if (signedOutCodes.includes(problem.code)) problem.detail = t('Hãy đăng nhập lại.', 'Please sign in again.');
  return problem;
}

/** ask returns the data of a call or throws its Problem. After a 401 it calls session.ended. */
export async function ask<T>(call: Promise<Answer<T>>): Promise<T> {
  let answer;
  try {
    answer = await call;
  } catch (cut) {
    throw cut instanceof Error && cut.name === 'TimeoutError' ? silent() : offline();
  }
  if (answer.response.ok) return answer.data as T;
  const problem = problemOf(answer);
  if (problem.status === 401 && !problem.unanswered) session.ended();
  throw problem;
}

/** askItems returns the items of a list that is read at once. */
export async function askItems<T>(call: Promise<Answer<{ items: T[] }>>): Promise<T[]> {
  return (await ask(call)).items;
}

/** Page is one page of a list. */
export interface Page<T> {
  items: T[];
  next: string | null;
}

/** readAll reads a list page by page, to its end or until it has `most` items. */
export async function readAll<T>(
  readPage: (page: { limit: number; after?: string }) => Promise<Answer<Page<T>>>,
  most = 2000,
): Promise<T[]> {
  const found: T[] = [];
  for (let after: string | undefined; found.length < most;) {
    const page: Page<T> = await ask(readPage({ limit: 200, after }));
    found.push(...page.items);
    after = page.next ?? undefined;
    if (!after) break;
  }
  return found;
}

/** A request as the phone stores it: its path is complete, and the server does it once for a key. */
export interface StoredRequest {
  method: 'GET' | 'POST' | 'PUT';
  path: string;
  body?: unknown;
  key?: string;
}

type AnyRequest = (
  method: string,
  path: string,
  init: {
    body?: unknown;
    headers?: Record<string, string>;
    parseAs?: 'stream';
    fetch?: (request: Request) => Promise<Response>;
  },
) => Promise<Answer<unknown>>;

/** A stored path has no type any more. */
const sendAny = api.request as unknown as AnyRequest;

/** sendStored sends a stored request. */
export function sendStored({ method, path, body, key }: StoredRequest): Promise<Answer<unknown>> {
  return sendAny(method.toLowerCase(), path, { body, headers: key ? { 'Idempotency-Key': key } : {} });
}

/** download reads a file, which may take longer than other reads; ask returns its stream. */
export function download(path: string): Promise<Answer<unknown>> {
  return sendAny('get', path, { parseAs: 'stream', fetch });
}

export type ApiPath = keyof paths;

/** BodyOf is the JSON that a path takes with a method. */
export type BodyOf<Path extends ApiPath, Method extends 'post' | 'put'> = paths[Path][Method] extends {
  requestBody: { content: { 'application/json': infer Body } };
}
  ? Body
  : never;

/** pathWith returns a path with its one parameter. */
export const pathWith = (path: ApiPath, value: string): string => path.replace(/\{\w+\}/, encodeURIComponent(value));

type Query = Record<string, string | number | boolean | undefined | null>;

/** urlOf returns a path with its query; empty values are left out. */
export function urlOf(path: string, query: Query = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '');
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return search ? `${path}?${search}` : path;
}

/** isProblem reports whether something that was thrown is the Problem of a call. */
export function isProblem(thrown: unknown): thrown is Problem {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown && 'status' in thrown;
}

/** toProblem returns what was thrown as a Problem; other errors become one with their message. */
export function toProblem(thrown: unknown): Problem {
  return isProblem(thrown) ? thrown : { code: '', detail: sentence(thrown), status: 0 };
}

/** sentences returns what a problem says to its reader: a sentence for each wrong field, or one for all. */
export function sentences(thrown: unknown): string[] {
  const { errors, detail } = (thrown ?? {}) as Partial<Problem>;
  if (errors?.length) return errors.map((e) => e.detail);
  return [detail ?? (thrown instanceof Error ? thrown.message : String(thrown))];
}

/** sentence returns the first of the sentences of a problem. */
export function sentence(thrown: unknown): string {
  return sentences(thrown)[0]!;
}
