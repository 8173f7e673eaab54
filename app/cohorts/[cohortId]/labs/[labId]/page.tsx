import type { Metadata } from "next";
import { headers } from "next/headers";
import { headStartScript } from "@/app/_lab/head-start-script";
import { LabScreen } from "@/app/_lab/lab-screen";

export const metadata: Metadata = { title: "Lab" };

interface PageProps {
  readonly params: Promise<{ cohortId: string; labId: string }>;
}

export default async function Page({ params }: PageProps) {
  const { cohortId, labId } = await params;
  const nonce = (await headers()).get("x-nonce") ?? "";
  return (
    <>
      <script
        nonce={nonce}
        suppressHydrationWarning
        dangerouslySetInnerHTML={{ __html: headStartScript(cohortId, labId) }}
      />
      <LabScreen cohortId={cohortId} labId={labId} />
    </>
  );
}
