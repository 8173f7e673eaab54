import { randomUUID } from "node:crypto";
import { afterAll, describe, expect, it } from "vitest";
import { systemClock } from "../../../server/platform/clock";
import { waitUntil } from "../../../server/platform/wait-until";
import { runToolContainer, ToolContainer } from "../../support/tool-container";
import { hasDocker } from "./docker-fixture";

const START_MS_MAX = 60_000;

/** Each image that labs name does what its namesake does, with no network at all. */
describe.skipIf(!hasDocker())("class images", () => {
  const started: ToolContainer[] = [];
  const start = async (folder: string, options: { env?: string[]; cmd?: string[] } = {}) => {
    const container = await ToolContainer.start({
      image: `slipway/class-${folder}:current`,
      name: `slipway-test-${folder}-${randomUUID().slice(0, 8)}`,
      ...options,
    });
    started.push(container);
    return container;
  };
  const answers = (container: ToolContainer, what: string, ...argv: string[]) =>
    waitUntil(what, async () => (await container.run(argv)).exitCode === 0, {
      timeoutMs: START_MS_MAX,
      clock: systemClock,
    });
  const outputOf = async (folder: string, ...cmd: string[]): Promise<string> =>
    (await runToolContainer(`slipway/class-${folder}:current`, cmd)).output;

  afterAll(() => Promise.all(started.map((container) => container.remove())));

  it("hello-world says what happened", async () => {
    expect(await outputOf("hello-world")).toContain("Hello from Docker!");
  });
  it("busybox has a shell and its tools", async () => {
    expect(await outputOf("busybox", "sh", "-c", "echo one | sed s/one/two/")).toBe("two\n");
  });
  it("python:3-slim finds a web project's requirements satisfied", async () => {
    const script = `printf '%s\\n' flask django celery sqlalchemy redis psycopg mysqlclient pymysql gunicorn >requirements.txt
      pip install -q -r requirements.txt && python -c '
import flask, django, celery, sqlalchemy, redis, psycopg, MySQLdb, pymysql, gunicorn
print("all there")'`;
    expect(await outputOf("python", "sh", "-c", script)).toBe("all there\n");
  });
  it("python:3 has scikit-learn, which learns", async () => {
    const script = `pip install -q scikit-learn numpy && python -c '
from sklearn.linear_model import LinearRegression
print(round(LinearRegression().fit([[1], [2], [3]], [2, 4, 6]).predict([[10]])[0]))'`;
    expect(await outputOf("python-full", "sh", "-c", script)).toBe("20\n");
  });
  it("redis keeps a value", async () => {
    const redis = await start("redis");
    await answers(redis, "redis answers", "redis-cli", "ping");
    await redis.run(["redis-cli", "set", "colour", "green"]);
    expect((await redis.run(["redis-cli", "get", "colour"])).output).toBe("green\n");
  });
  it("nginx serves its page", async () => {
    const nginx = await start("nginx");
    const fetch = "exec 3<>/dev/tcp/127.0.0.1/80; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3";
    await answers(nginx, "nginx answers", "bash", "-c", fetch);
    expect((await nginx.run(["bash", "-c", fetch])).output).toContain("Welcome to nginx!");
  });
  it("postgres makes the account and the database that its environment names, and asks for the password", async () => {
    const env = ["POSTGRES_USER=ada", "POSTGRES_PASSWORD=it's secret", "POSTGRES_DB=shop"];
    const postgres = await start("postgres", { env });
    const query = (password: string): string[] => [
      "env",
      `PGPASSWORD=${password}`,
      ..."psql -h 127.0.0.1 -U ada -d shop -tAc".split(" "),
      "select current_database()",
    ];
    await answers(postgres, "postgres answers", ...query("it's secret"));
    expect((await postgres.run(query("it's secret"))).output).toBe("shop\n");
    expect((await postgres.run(query("wrong"))).exitCode).not.toBe(0);
  });
  it("postgres without a password says what it needs", async () => {
    const { exitCode, output } = await runToolContainer("slipway/class-postgres:current", []);
    expect(exitCode).toBe(1);
    expect(output).toContain("POSTGRES_PASSWORD");
  });
  it("mysql makes its accounts and runs what is in /docker-entrypoint-initdb.d", async () => {
    const env = [
      "MYSQL_ROOT_PASSWORD=r'oot",
      "MYSQL_DATABASE=shop",
      "MYSQL_USER=ada",
      "MYSQL_PASSWORD=pa'ss",
    ];
    const table = "create table users (name text); insert into users values ('grace');";
    const seed = `echo "${table}" >/docker-entrypoint-initdb.d/1.sql; exec docker-entrypoint.sh mysqld`;
    const mysql = await ToolContainer.start({
      image: "slipway/class-mysql:current",
      name: `slipway-test-mysql-${randomUUID().slice(0, 8)}`,
      ...{ env, cmd: ["bash", "-c", seed] },
    });
    started.push(mysql);
    const query = (user: string, password: string): string[] => [
      "mysql",
      "-h127.0.0.1",
      `-u${user}`,
      `-p${password}`,
      "-Ne",
      "select name from shop.users",
    ];
    await answers(mysql, "mysql answers", ...query("ada", "pa'ss"));
    expect((await mysql.run(query("ada", "pa'ss"))).output).toBe("grace\n");
    expect((await mysql.run(query("root", "r'oot"))).output).toBe("grace\n");
    expect((await mysql.run(query("ada", "wrong"))).exitCode).not.toBe(0);
    expect((await mysql.run(["mysqladmin", "-uroot", "-pr'oot", "ping"])).exitCode).toBe(0);
  });
  it("registry answers for its own version of the API", async () => {
    const registry = await start("docker-registry");
    const ping = "exec 3<>/dev/tcp/127.0.0.1/5000; printf 'GET /v2/ HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3";
    await answers(registry, "the registry answers", "bash", "-c", ping);
    expect((await registry.run(["bash", "-c", ping])).output).toContain("registry/2.0");
  });
});
