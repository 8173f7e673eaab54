-- AlterTable
ALTER TABLE "SetupLink" ADD COLUMN "role" "AccountRole" NOT NULL DEFAULT 'admin',
ADD COLUMN "accountId" UUID,
ADD COLUMN "createdById" UUID;

-- AddForeignKey
ALTER TABLE "SetupLink" ADD CONSTRAINT "SetupLink_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account"("id") ON DELETE CASCADE ON UPDATE CASCADE;
