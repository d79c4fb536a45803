-- Whose password a version has, and of which rotator.
ALTER TABLE "Version" ADD COLUMN "rotatorId" TEXT, ADD COLUMN "login" TEXT;

CREATE TABLE "Rotator" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "settings" JSONB NOT NULL,
    "generator" JSONB NOT NULL,
    "createdBy" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "changedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Rotator_pkey" PRIMARY KEY ("id")
);

CREATE UNIQUE INDEX "Rotator_name_key" ON "Rotator"("name");

-- Names are one whatever their case.
CREATE UNIQUE INDEX "Rotator_name_lower" ON "Rotator"(lower("name"));

CREATE TABLE "Attachment" (
    "secretId" TEXT NOT NULL,
    "rotatorId" TEXT NOT NULL,
    "template" TEXT NOT NULL,
    "attachedBy" TEXT NOT NULL,
    "attachedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Attachment_pkey" PRIMARY KEY ("secretId")
);

CREATE INDEX "Attachment_rotatorId_idx" ON "Attachment"("rotatorId");

ALTER TABLE "Attachment" ADD CONSTRAINT "Attachment_secretId_fkey" FOREIGN KEY ("secretId") REFERENCES "Secret"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "Attachment" ADD CONSTRAINT "Attachment_rotatorId_fkey" FOREIGN KEY ("rotatorId") REFERENCES "Rotator"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- Pages show these.
CREATE TRIGGER skep_changed AFTER INSERT OR DELETE OR UPDATE ON "Rotator" FOR EACH STATEMENT EXECUTE FUNCTION skep_tell_change();
CREATE TRIGGER skep_changed AFTER INSERT OR DELETE OR UPDATE ON "Attachment" FOR EACH STATEMENT EXECUTE FUNCTION skep_tell_change();
