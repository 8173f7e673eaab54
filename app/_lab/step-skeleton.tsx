import { LoadingLabel, Skeleton } from "@/app/_ui/skeleton";

/** The steps' place while the lab is on its way. */
export function StepSkeleton() {
  return (
    <div className="flex h-full">
      <div className="border-line flex w-11 shrink-0 flex-col items-center gap-1 border-r py-3 max-[899px]:hidden">
        {[0, 1, 2, 3].map((row) => (
          <Skeleton key={row} className="size-7" />
        ))}
      </div>
      <div className="flex-1 px-6 pt-4">
        <LoadingLabel>Loading the lab</LoadingLabel>
        <Skeleton className="h-4 w-28" />
        <Skeleton className="mt-3 h-6 w-72 max-w-full" />
        <Skeleton className="mt-6 h-4 w-full max-w-xl" />
        <Skeleton className="mt-2 h-4 w-full max-w-lg" />
        <Skeleton className="mt-2 h-4 w-2/3 max-w-md" />
        <Skeleton className="mt-5 h-10 w-full max-w-xl" />
      </div>
    </div>
  );
}
