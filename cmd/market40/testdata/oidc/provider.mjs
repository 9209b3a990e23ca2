// A real provider (oidc-provider, certified) that lets in whom the test names: node provider.mjs CALLBACK
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const people = {
  lan: { sub: 'subject-of-lan', preferred_username: 'lan', name: 'Nguyễn Thị Lan', groups: ['so-cong-thuong'], amr: ['pwd', 'otp'] },
  hoa: { sub: 'subject-of-hoa', preferred_username: 'Hoa@tinh', name: 'Lê Thị Hoa', groups: ['phuong-22366', 'phuong-22423', 'khac'], amr: ['pwd', 'mfa'] },
  nam: { sub: 'subject-of-nam', preferred_username: 'nam', name: 'Trần Văn Nam', groups: ['so-cong-thuong'], amr: ['pwd'] },
  minh: { sub: 'subject-of-minh', preferred_username: 'minh', name: 'Vũ Minh', groups: ['khac'], amr: ['otp'] },
};

const server = createServer((request, response) => handle(request, response));
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const issuer = `http://127.0.0.1:${server.address().port}`;
const provider = new Provider(issuer, {
  clients: [{ client_id: 'market40', client_secret: 'known to both', redirect_uris: [process.argv[2]] }],
  claims: { openid: ['sub', 'amr'], profile: ['name', 'preferred_username', 'groups'] },
  findAccount: (_, id) => ({ accountId: id, claims: () => people[id] }),
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  cookies: { keys: ['of the test'] },
});
const routes = provider.callback();

// handle shows the provider, and a page that knows whoever the test says is there.
async function handle(request, response) {
  const at = new URL(request.url, issuer);
  if (!at.pathname.startsWith('/interaction/')) return routes(request, response);
  const { prompt, session, params } = await provider.interactionDetails(request, response);
  if (prompt.name === 'login') {
    const who = people[at.searchParams.get('as')];
    if (!who) return response.writeHead(400).end('who?');
    return provider.interactionFinished(request, response, { login: { accountId: at.searchParams.get('as'), amr: who.amr } });
  }
  const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
}

console.log(issuer);
