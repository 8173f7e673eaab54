import { createHash, createSign, generateKeyPairSync, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** An OpenID provider that believes whatever it is told, and checks what a client must get right: PKCE and its secret. */
export interface IdentityProvider {
  readonly issuer: string;
  /** Plays the person at the provider's page: resolves where their browser is sent after saying who they are. */
  approve(authorizeUrl: string, person: { sub: string; name: string }): string;
  close(): Promise<void>;
}

interface Grant {
  readonly person: { sub: string; name: string };
  readonly challenge: string;
  readonly nonce: string | null;
  readonly clientId: string;
}

const KEY_ID = "test";

export async function startIdentityProvider(clientSecret: string): Promise<IdentityProvider> {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
  const grants = new Map<string, Grant>();
  let issuer = "";
  const sign = (claims: Record<string, unknown>): string => {
    const parts = [{ alg: "RS256", kid: KEY_ID }, claims].map((part) =>
      Buffer.from(JSON.stringify(part)).toString("base64url"),
    );
    const signature = createSign("RSA-SHA256").update(parts.join(".")).sign(privateKey, "base64url");
    return [...parts, signature].join(".");
  };
  const exchange = (form: URLSearchParams, authorization: string): Record<string, unknown> => {
    const grant = grants.get(form.get("code") ?? "");
    grants.delete(form.get("code") ?? "");
    const challenge = createHash("sha256")
      .update(form.get("code_verifier") ?? "")
      .digest("base64url");
    const [, secret] = Buffer.from(authorization.replace("Basic ", ""), "base64").toString().split(":");
    if (grant?.challenge !== challenge || secret !== clientSecret) return { error: "invalid_grant" };
    const seconds = Math.floor(Date.now() / 1_000);
    const { person, nonce, clientId } = grant;
    const claims = { iss: issuer, aud: clientId, iat: seconds, exp: seconds + 60, ...person, nonce };
    return { access_token: randomUUID(), token_type: "Bearer", id_token: sign(claims) };
  };
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    };
    switch (request.url ?? "/") {
      case "/.well-known/openid-configuration":
        answer(200, {
          issuer,
          authorization_endpoint: `${issuer}/authorize`,
          token_endpoint: `${issuer}/token`,
          jwks_uri: `${issuer}/jwks`,
          response_types_supported: ["code"],
          id_token_signing_alg_values_supported: ["RS256"],
        });
        return;
      case "/jwks":
        answer(200, {
          keys: [{ ...publicKey.export({ format: "jwk" }), kid: KEY_ID, use: "sig", alg: "RS256" }],
        });
        return;
      case "/token": {
        let body = "";
        for await (const chunk of request as AsyncIterable<Buffer>) body += chunk.toString();
        const tokens = exchange(new URLSearchParams(body), request.headers.authorization ?? "");
        answer("error" in tokens ? 400 : 200, tokens);
        return;
      }
      default:
        answer(404, {});
    }
  };
  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const bound = server.address();
  issuer = `http://127.0.0.1:${typeof bound === "object" && bound !== null ? bound.port : 0}`;
  return {
    issuer,
    approve: (authorizeUrl, person) => {
      const query = new URL(authorizeUrl).searchParams;
      const code = randomUUID();
      grants.set(code, {
        person,
        challenge: query.get("code_challenge") ?? "",
        nonce: query.get("nonce"),
        clientId: query.get("client_id") ?? "",
      });
      const back = new URL(query.get("redirect_uri") ?? "");
      back.search = new URLSearchParams({ code, state: query.get("state") ?? "" }).toString();
      return back.href;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
