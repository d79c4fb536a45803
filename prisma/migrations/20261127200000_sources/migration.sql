-- Which version at the secret's source a version has the value of.
ALTER TABLE "Version" ADD COLUMN "sourceVersionId" TEXT, ADD COLUMN "bindingId" TEXT;

CREATE TABLE "Source" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "settings" JSONB NOT NULL,
    "createdBy" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "changedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "webhookNumber" INTEGER NOT NULL DEFAULT 1,
    "nextAskAt" TIMESTAMPTZ(3),
    "failures" INTEGER NOT NULL DEFAULT 0,
    "failureCode" TEXT,
    "failure" TEXT,
    "failingSince" TIMESTAMPTZ(3),

    CONSTRAINT "Source_pkey" PRIMARY KEY ("id")
);

CREATE UNIQUE INDEX "Source_name_key" ON "Source"("name");

-- Names are one whatever their case.
CREATE UNIQUE INDEX "Source_name_lower" ON "Source"(lower("name"));

CREATE TABLE "Binding" (
    "secretId" TEXT NOT NULL,
    "id" TEXT NOT NULL DEFAULT (gen_random_uuid())::text,
    "sourceId" TEXT NOT NULL,
    "path" TEXT NOT NULL,
    "take" JSONB NOT NULL,
    "mode" TEXT NOT NULL,
    "boundBy" TEXT NOT NULL,
    "boundAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "newestId" TEXT,
    "newestState" TEXT,
    "newestSince" TIMESTAMPTZ(3),
    "begunId" TEXT,
    "begunOf" TEXT,
    "begunCount" INTEGER NOT NULL DEFAULT 0,
    "lookedAt" TIMESTAMPTZ(3),
    "nextLookAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "failureCode" TEXT,
    "failure" TEXT,
    "failingSince" TIMESTAMPTZ(3),

    CONSTRAINT "Binding_pkey" PRIMARY KEY ("secretId")
);

CREATE UNIQUE INDEX "Binding_id_key" ON "Binding"("id");

CREATE INDEX "Binding_sourceId_nextLookAt_idx" ON "Binding"("sourceId", "nextLookAt");

ALTER TABLE "Binding" ADD CONSTRAINT "Binding_secretId_fkey" FOREIGN KEY ("secretId") REFERENCES "Secret"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "Binding" ADD CONSTRAINT "Binding_sourceId_fkey" FOREIGN KEY ("sourceId") REFERENCES "Source"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- Pages show these. When a source was last looked at changes all the time, and is no reason to read a page again.
CREATE TRIGGER skep_changed AFTER INSERT OR DELETE OR UPDATE OF "name", "settings", "failureCode", "nextAskAt"
  ON "Source" FOR EACH STATEMENT EXECUTE FUNCTION skep_tell_change();
CREATE TRIGGER skep_changed AFTER INSERT OR DELETE OR UPDATE OF "sourceId", "path", "take", "mode", "newestId", "newestState", "failureCode"
  ON "Binding" FOR EACH STATEMENT EXECUTE FUNCTION skep_tell_change();
