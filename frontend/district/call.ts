// Calls by a path that is made at run time. What has a type in schema.d.ts is called by api.GET and its like.
import { ask } from '../lib/api';

export type Query = Record<string, string | number | boolean | undefined | null>;

/** urlOf is a path with its query; what is empty is left out. */
export function urlOf(path: string, query: Query = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '');
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return search ? `${path}?${search}` : path;
}

async function send<T>(
  method: string,
  url: string,
  body?: unknown,
  key?: string,
  signal?: AbortSignal,
): Promise<{ data?: T; error?: unknown; response: Response }> {
  const headers: Record<string, string> = {
    Accept: 'application/json',
    'Accept-Language': document.documentElement.lang,
  };
  const form = body instanceof FormData;
  if (body !== undefined && !form) headers['Content-Type'] = 'application/json';
  if (key) headers['Idempotency-Key'] = key;
  const response = await fetch(url, {
    method,
    headers,
    body: form ? body : body === undefined ? undefined : JSON.stringify(body),
    signal,
  });
  const said = /json/.test(response.headers.get('Content-Type') ?? '')
    ? ((await response.json()) as unknown)
    : undefined;
  return response.ok ? { data: said as T, response } : { error: said, response };
}

/** read asks for something; under a signal it can be given up. */
export const read = <T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> =>
  ask(send<T>('GET', urlOf(path, query), undefined, undefined, signal));

/** write changes something; under a key it is done once, however often it is asked. */
export const write = <T>(
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body?: unknown,
  key?: string,
): Promise<T> => ask(send<T>(method, path, body, key));

/** A list's answer. */
export interface List<T> {
  items: T[] | null;
  next: string | null;
}

/** all reads a list to its end, or as far as most. */
export async function all<T>(path: string, query: Query = {}, most = 2000): Promise<T[]> {
  const found: T[] = [];
  for (let after: string | null | undefined; found.length < most;) {
    const page: List<T> = await read(path, { ...query, limit: 200, after });
    found.push(...(page.items ?? []));
    after = page.next;
    if (!after) break;
  }
  return found;
}
