// Where in the app one is. It stands behind the #, so that any view can be sent to a colleague: #/market/ID?basis=…&as_of=…

/** What every figure is asked with: kept from one screen to the next. */
const kept = ['basis', 'as_of', 'campaign', 'market'];

export interface Place {
  screen: string;
  args: string[];
  query: Record<string, string>;
}

/** placeOf reads a #. */
export function placeOf(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const [screen = '', ...args] = path.split('/').filter(Boolean).map(decodeURIComponent);
  return { screen, args, query: Object.fromEntries(new URLSearchParams(query)) };
}

/** hashOf writes one; what is empty is left out. */
export function hashOf(place: Place): string {
  const query = new URLSearchParams(Object.entries(place.query).filter(([, value]) => value !== '')).toString();
  return `#/${[place.screen, ...place.args].map(encodeURIComponent).join('/')}${query ? `?${query}` : ''}`;
}

class Here {
  now = $state.raw<Place>(placeOf(location.hash));

  constructor() {
    addEventListener('hashchange', () => {
      const before = this.now;
      this.now = placeOf(location.hash);
      if (before.screen !== this.now.screen || before.args.join() !== this.now.args.join()) scrollTo(0, 0);
    });
  }

  get(name: string): string {
    return this.now.query[name] ?? '';
  }

  /** link leads to a screen with what is kept; changes stand over it. */
  link(path: string, changes: Record<string, string> = {}): string {
    const [screen = '', ...args] = path.split('/');
    const query: Record<string, string> = {};
    for (const name of kept) query[name] = this.get(name);
    return hashOf({ screen, args, query: { ...query, ...changes } });
  }

  /** change changes the present view's query. */
  change(changes: Record<string, string>): void {
    location.hash = hashOf({ ...this.now, query: { ...this.now.query, ...changes } });
  }
}

export const here = new Here();
