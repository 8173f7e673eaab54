import Link from "next/link";
import { buttonStyle } from "./_ui/button";
import { PageFrame } from "./_ui/page-frame";

export default function NotFound() {
  return (
    <PageFrame>
      <div className="m-auto w-full max-w-md p-6">
        <p className="label-mono text-ink-faint">404</p>
        <h1 className="mt-2 text-xl font-semibold tracking-[-0.015em]">There is nothing at this address</h1>
        <p className="text-ink-soft mt-2 text-[15px]">
          It may have been typed wrong or belong to a workshop that is over. With your join code or rejoin
          code you find everything again.
        </p>
        <div className="mt-5 flex flex-wrap gap-2">
          <Link href="/" className={buttonStyle({ tone: "primary" })}>
            Join a workshop
          </Link>
          <Link href="/rejoin" className={buttonStyle()}>
            Use a rejoin code
          </Link>
        </div>
      </div>
    </PageFrame>
  );
}
