import type { Metadata } from "next";
import { LabScreen } from "@/app/_lab/lab-screen";

export const metadata: Metadata = { title: "Lab" };

interface PageProps {
  readonly params: Promise<{ cohortId: string; labId: string }>;
}

export default async function Page({ params }: PageProps) {
  const { cohortId, labId } = await params;
  return <LabScreen cohortId={cohortId} labId={labId} />;
}
