// A certified OpenID provider for the tests: it asks for PKCE, knows one client, and signs in whoever
// says a name. `node provider.mjs REDIRECT id|userinfo`; it ends with its standard input.

import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const [redirect, where] = process.argv.slice(2);
const groups = { lea: ['sre-leads', 'all'], cleo: ['coordinators'], vera: ['staff'], lou: ['staff', 'legal'] };

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: 'readback', client_secret: 'only for tests', redirect_uris: [redirect] }],
    claims: { openid: ['sub', 'groups'] },
    conformIdTokenClaims: where === 'userinfo',
    pkce: { required: () => true },
    cookies: { keys: ['only for tests'] },
    findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub, groups: groups[sub] ?? [] }) }),
    async loadExistingGrant(ctx) {
      const grant = new ctx.oidc.provider.Grant({
        clientId: ctx.oidc.client.clientId,
        accountId: ctx.oidc.session.accountId,
      });
      grant.addOIDCScope('openid');
      await grant.save();
      return grant;
    },
  });
  server.on('request', provider.callback());
  console.log(issuer);
});

process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
