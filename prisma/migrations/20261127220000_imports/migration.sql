-- What a person chose at a source, to be made into secrets one by one.
CREATE TABLE "Import" (
    "id" TEXT NOT NULL,
    "clusterId" TEXT NOT NULL,
    "sourceId" TEXT NOT NULL,
    "sourceName" TEXT NOT NULL,
    "mode" TEXT NOT NULL,
    "oldStaysValid" BOOLEAN NOT NULL,
    "startedBy" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Import_pkey" PRIMARY KEY ("id")
);

CREATE INDEX "Import_clusterId_createdAt_idx" ON "Import"("clusterId", "createdAt");

CREATE TABLE "ImportItem" (
    "id" TEXT NOT NULL,
    "importId" TEXT NOT NULL,
    "position" INTEGER NOT NULL,
    "path" TEXT NOT NULL,
    "take" JSONB NOT NULL,
    "name" TEXT NOT NULL,
    "actor" JSONB NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'waiting',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "token" INTEGER NOT NULL DEFAULT 0,
    "leaseUntil" TIMESTAMPTZ(3),
    "nextTryAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "operationId" TEXT,
    "secretId" TEXT,
    "failureCode" TEXT,
    "failure" TEXT,

    CONSTRAINT "ImportItem_pkey" PRIMARY KEY ("id")
);

CREATE UNIQUE INDEX "ImportItem_importId_position_key" ON "ImportItem"("importId", "position");

-- Most are over: what is still to be done is found without reading them.
CREATE INDEX "ImportItem_unfinished" ON "ImportItem"("importId") WHERE "state" IN ('waiting', 'running');

ALTER TABLE "ImportItem" ADD CONSTRAINT "ImportItem_importId_fkey" FOREIGN KEY ("importId") REFERENCES "Import"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- A lease that is taken or given back is no reason to read a page again.
CREATE TRIGGER skep_changed AFTER INSERT OR DELETE OR UPDATE OF "state", "name", "failure"
  ON "ImportItem" FOR EACH STATEMENT EXECUTE FUNCTION skep_tell_change();
