import type { Metadata } from "next";
import { CohortScreen } from "@/app/_join/cohort-screen";
import { PageFrame } from "@/app/_ui/page-frame";

export const metadata: Metadata = { title: "Workshop" };

export default async function Page({ params }: { readonly params: Promise<{ cohortId: string }> }) {
  return (
    <PageFrame>
      <CohortScreen cohortId={(await params).cohortId} />
    </PageFrame>
  );
}
