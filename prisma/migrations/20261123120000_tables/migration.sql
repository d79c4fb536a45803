-- CreateTable
CREATE TABLE "Swarm" (
    "clusterId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "firstSeenAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "isExpected" BOOLEAN NOT NULL DEFAULT true,
    "readOnlyReason" TEXT,

    CONSTRAINT "Swarm_pkey" PRIMARY KEY ("clusterId")
);

-- CreateTable
CREATE TABLE "Secret" (
    "id" TEXT NOT NULL,
    "clusterId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "owner" TEXT NOT NULL DEFAULT '',
    "description" TEXT NOT NULL DEFAULT '',
    "tags" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "generator" JSONB,
    "order" TEXT NOT NULL DEFAULT 'canary',
    "soakSeconds" INTEGER,
    "keepSeconds" INTEGER NOT NULL DEFAULT 86400,
    "oldValueStaysValid" BOOLEAN,
    "isAdopted" BOOLEAN NOT NULL DEFAULT false,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "removedAt" TIMESTAMPTZ(3),

    CONSTRAINT "Secret_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Version" (
    "id" TEXT NOT NULL,
    "clusterId" TEXT NOT NULL,
    "secretId" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "objectId" TEXT,
    "objectName" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "operationId" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "promotedAt" TIMESTAMPTZ(3),
    "retireAfter" TIMESTAMPTZ(3),
    "retireRequestedBy" TEXT,
    "removedAt" TIMESTAMPTZ(3),

    CONSTRAINT "Version_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Grant" (
    "id" TEXT NOT NULL,
    "clusterId" TEXT NOT NULL,
    "secretId" TEXT NOT NULL,
    "serviceId" TEXT NOT NULL,
    "serviceName" TEXT NOT NULL,
    "target" TEXT NOT NULL,
    "uid" TEXT NOT NULL,
    "gid" TEXT NOT NULL,
    "mode" INTEGER NOT NULL,
    "objectId" TEXT NOT NULL,
    "recordedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Grant_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Operation" (
    "id" TEXT NOT NULL,
    "clusterId" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'open',
    "direction" TEXT NOT NULL DEFAULT 'forward',
    "outcome" TEXT,
    "verification" TEXT,
    "plan" JSONB NOT NULL,
    "actor" JSONB NOT NULL,
    "attention" JSONB,
    "isValueInRequest" BOOLEAN NOT NULL DEFAULT false,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "endedAt" TIMESTAMPTZ(3),
    "nextWakeAt" TIMESTAMPTZ(3),
    "leaseToken" BIGINT NOT NULL DEFAULT 0,
    "leaseOwner" TEXT,
    "leaseUntil" TIMESTAMPTZ(3),
    "revision" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "Operation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "OperationSecret" (
    "operationId" TEXT NOT NULL,
    "secretId" TEXT NOT NULL,
    "isOpen" BOOLEAN NOT NULL DEFAULT true,

    CONSTRAINT "OperationSecret_pkey" PRIMARY KEY ("operationId","secretId")
);

-- CreateTable
CREATE TABLE "OperationStep" (
    "operationId" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "ordinal" INTEGER NOT NULL,
    "subjectId" TEXT NOT NULL,
    "subjectName" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'waiting',
    "attempt" INTEGER NOT NULL DEFAULT 0,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "facts" JSONB NOT NULL DEFAULT '{}',
    "errorText" TEXT,
    "startedAt" TIMESTAMPTZ(3),
    "endedAt" TIMESTAMPTZ(3),
    "nextLookAt" TIMESTAMPTZ(3),
    "deadlineAt" TIMESTAMPTZ(3),

    CONSTRAINT "OperationStep_pkey" PRIMARY KEY ("operationId","key")
);

-- CreateTable
CREATE TABLE "ServiceLock" (
    "clusterId" TEXT NOT NULL,
    "serviceId" TEXT NOT NULL,
    "operationId" TEXT NOT NULL,
    "takenAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "ServiceLock_pkey" PRIMARY KEY ("clusterId","serviceId")
);

-- CreateTable
CREATE TABLE "AuditEvent" (
    "id" TEXT NOT NULL,
    "sequence" BIGINT,
    "previousHash" BYTEA,
    "hash" BYTEA,
    "body" BYTEA NOT NULL,
    "type" TEXT NOT NULL,
    "occurredAt" TIMESTAMPTZ(3) NOT NULL,
    "actorId" TEXT,
    "actorName" TEXT NOT NULL,
    "clusterId" TEXT,
    "operationId" TEXT,
    "outcome" TEXT NOT NULL,
    "secretNames" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "serviceNames" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "subjectIds" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "callKey" TEXT,

    CONSTRAINT "AuditEvent_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "SeenObject" (
    "clusterId" TEXT NOT NULL,
    "objectId" TEXT NOT NULL,
    "objectType" TEXT NOT NULL,
    "objectName" TEXT NOT NULL,
    "versionIndex" BIGINT NOT NULL,
    "references" JSONB NOT NULL DEFAULT '[]',
    "isGone" BOOLEAN NOT NULL DEFAULT false,
    "seenAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "SeenObject_pkey" PRIMARY KEY ("clusterId","objectId")
);

-- CreateTable
CREATE TABLE "ValueComparison" (
    "id" TEXT NOT NULL,
    "secretId" TEXT NOT NULL,
    "askedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "ValueComparison_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Person" (
    "id" TEXT NOT NULL,
    "email" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "passwordHash" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "disabledAt" TIMESTAMPTZ(3),

    CONSTRAINT "Person_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Session" (
    "id" TEXT NOT NULL,
    "tokenHash" BYTEA NOT NULL,
    "personId" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "activeAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "endsAt" TIMESTAMPTZ(3) NOT NULL,
    "revokedAt" TIMESTAMPTZ(3),
    "address" TEXT,
    "userAgent" TEXT,

    CONSTRAINT "Session_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Invitation" (
    "id" TEXT NOT NULL,
    "tokenHash" BYTEA NOT NULL,
    "purpose" TEXT NOT NULL,
    "email" TEXT,
    "role" TEXT NOT NULL,
    "invitedBy" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "endsAt" TIMESTAMPTZ(3) NOT NULL,
    "usedAt" TIMESTAMPTZ(3),

    CONSTRAINT "Invitation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "SignInFailure" (
    "id" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "failedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "SignInFailure_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Setting" (
    "key" TEXT NOT NULL,
    "value" JSONB NOT NULL,
    "changedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Setting_pkey" PRIMARY KEY ("key")
);

-- CreateIndex
CREATE INDEX "Secret_clusterId_idx" ON "Secret"("clusterId");

-- CreateIndex
CREATE INDEX "Version_clusterId_state_idx" ON "Version"("clusterId", "state");

-- CreateIndex
CREATE UNIQUE INDEX "Version_clusterId_objectId_key" ON "Version"("clusterId", "objectId");

-- CreateIndex
CREATE UNIQUE INDEX "Version_secretId_number_key" ON "Version"("secretId", "number");

-- CreateIndex
CREATE INDEX "Grant_secretId_idx" ON "Grant"("secretId");

-- CreateIndex
CREATE UNIQUE INDEX "Grant_clusterId_serviceId_target_key" ON "Grant"("clusterId", "serviceId", "target");

-- CreateIndex
CREATE INDEX "Operation_state_nextWakeAt_idx" ON "Operation"("state", "nextWakeAt");

-- CreateIndex
CREATE INDEX "Operation_clusterId_createdAt_idx" ON "Operation"("clusterId", "createdAt");

-- CreateIndex
CREATE INDEX "OperationSecret_secretId_idx" ON "OperationSecret"("secretId");

-- CreateIndex
CREATE INDEX "ServiceLock_operationId_idx" ON "ServiceLock"("operationId");

-- CreateIndex
CREATE UNIQUE INDEX "AuditEvent_sequence_key" ON "AuditEvent"("sequence");

-- CreateIndex
CREATE UNIQUE INDEX "AuditEvent_previousHash_key" ON "AuditEvent"("previousHash");

-- CreateIndex
CREATE INDEX "AuditEvent_operationId_callKey_idx" ON "AuditEvent"("operationId", "callKey");

-- CreateIndex
CREATE INDEX "AuditEvent_type_sequence_idx" ON "AuditEvent"("type", "sequence");

-- CreateIndex
CREATE INDEX "AuditEvent_actorId_sequence_idx" ON "AuditEvent"("actorId", "sequence");

-- CreateIndex
CREATE INDEX "AuditEvent_secretNames_serviceNames_subjectIds_idx" ON "AuditEvent" USING GIN ("secretNames", "serviceNames", "subjectIds");

-- CreateIndex
CREATE INDEX "ValueComparison_secretId_askedAt_idx" ON "ValueComparison"("secretId", "askedAt");

-- CreateIndex
CREATE UNIQUE INDEX "Person_email_key" ON "Person"("email");

-- CreateIndex
CREATE UNIQUE INDEX "Session_tokenHash_key" ON "Session"("tokenHash");

-- CreateIndex
CREATE INDEX "Session_personId_idx" ON "Session"("personId");

-- CreateIndex
CREATE UNIQUE INDEX "Invitation_tokenHash_key" ON "Invitation"("tokenHash");

-- CreateIndex
CREATE INDEX "SignInFailure_subject_failedAt_idx" ON "SignInFailure"("subject", "failedAt");

-- AddForeignKey
ALTER TABLE "Version" ADD CONSTRAINT "Version_secretId_fkey" FOREIGN KEY ("secretId") REFERENCES "Secret"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Grant" ADD CONSTRAINT "Grant_secretId_fkey" FOREIGN KEY ("secretId") REFERENCES "Secret"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "OperationSecret" ADD CONSTRAINT "OperationSecret_operationId_fkey" FOREIGN KEY ("operationId") REFERENCES "Operation"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "OperationStep" ADD CONSTRAINT "OperationStep_operationId_fkey" FOREIGN KEY ("operationId") REFERENCES "Operation"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Session" ADD CONSTRAINT "Session_personId_fkey" FOREIGN KEY ("personId") REFERENCES "Person"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

