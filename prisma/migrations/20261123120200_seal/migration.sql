-- The seal of the history (lib/audit/README.md tells the protocol).
--
-- An event is inserted as (id, body). The body is JSON in one spelling and ends with its facts: the values of the other
-- columns, which are read out of it here and nowhere else. At COMMIT a deferred trigger gives it the next sequence and
--   hash = SHA-256('skep.audit.v1' 0x0A || sequence as 8 bytes || previous hash || body).
-- The first event's previous hash is 32 zero bytes.

ALTER TABLE "AuditEvent" ALTER COLUMN "body" SET STORAGE EXTENDED;
ALTER TABLE "AuditEvent" ADD CONSTRAINT "AuditEvent_hash_length"
  CHECK (length("hash") = 32 AND length("previousHash") = 32);

CREATE FUNCTION skep_audit_hash(sequence bigint, previous bytea, body bytea) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN sha256('\x736b65702e61756469742e76310a'::bytea || int8send(sequence) || previous || body);

CREATE FUNCTION skep_audit_texts(list jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY(SELECT jsonb_array_elements_text(list));

-- The end of the body, spelled from the columns: as long as both are the same, lists and filters show what was sealed.
CREATE FUNCTION skep_audit_facts(event "AuditEvent") RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN convert_to(
  ',"facts":{"actorId":' || coalesce(to_json(event."actorId")::text, 'null')
  || ',"actorName":' || to_json(event."actorName")::text
  || ',"at":"' || to_char(event."occurredAt" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
  || '","callKey":' || coalesce(to_json(event."callKey")::text, 'null')
  || ',"clusterId":' || coalesce(to_json(event."clusterId")::text, 'null')
  || ',"id":' || to_json(event."id")::text
  || ',"operationId":' || coalesce(to_json(event."operationId")::text, 'null')
  || ',"outcome":' || to_json(event."outcome")::text
  || ',"secretNames":' || array_to_json(event."secretNames")::text
  || ',"serviceNames":' || array_to_json(event."serviceNames")::text
  || ',"subjectIds":' || array_to_json(event."subjectIds")::text
  || ',"type":' || to_json(event."type")::text || '}}', 'UTF8');

-- Before an insert: refuses a given seal, and reads the columns out of the body.
CREATE FUNCTION skep_audit_receive() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  said jsonb;
  facts bytea;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'events are written in READ COMMITTED only' USING ERRCODE = 'SK001';
  END IF;
  IF NEW."sequence" IS NOT NULL OR NEW."previousHash" IS NOT NULL OR NEW."hash" IS NOT NULL THEN
    RAISE EXCEPTION 'an event does not bring its own seal' USING ERRCODE = 'SK001';
  END IF;
  said := convert_from(NEW."body", 'UTF8')::jsonb->'facts';
  IF NEW."id" IS DISTINCT FROM said->>'id' THEN
    RAISE EXCEPTION 'an event and its body have the same id' USING ERRCODE = 'SK001';
  END IF;
  NEW."type" := said->>'type';
  NEW."occurredAt" := (said->>'at')::timestamptz;
  NEW."actorId" := said->>'actorId';
  NEW."actorName" := said->>'actorName';
  NEW."clusterId" := said->>'clusterId';
  NEW."operationId" := said->>'operationId';
  NEW."outcome" := said->>'outcome';
  NEW."secretNames" := public.skep_audit_texts(said->'secretNames');
  NEW."serviceNames" := public.skep_audit_texts(said->'serviceNames');
  NEW."subjectIds" := public.skep_audit_texts(said->'subjectIds');
  NEW."callKey" := said->>'callKey';
  facts := public.skep_audit_facts(NEW);
  IF substr(NEW."body", length(NEW."body") - length(facts) + 1) IS DISTINCT FROM facts THEN
    RAISE EXCEPTION 'the body of an event ends with its facts' USING ERRCODE = 'SK001';
  END IF;
  RETURN NEW;
END $$;

-- At COMMIT: one transaction at a time, so that sequences have no gap and each event knows the one before it.
CREATE FUNCTION skep_audit_seal() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  last_sequence bigint;
  last_hash bytea;
BEGIN
  PERFORM pg_advisory_xact_lock(7310577302117048);
  SELECT "sequence", "hash" INTO last_sequence, last_hash
    FROM public."AuditEvent" WHERE "sequence" IS NOT NULL ORDER BY "sequence" DESC LIMIT 1;
  last_sequence := coalesce(last_sequence, 0);
  last_hash := coalesce(last_hash, '\x0000000000000000000000000000000000000000000000000000000000000000'::bytea);
  UPDATE public."AuditEvent" SET
    "sequence" = last_sequence + 1,
    "previousHash" = last_hash,
    "hash" = public.skep_audit_hash(last_sequence + 1, last_hash, "body")
    WHERE "id" = NEW."id";
  RETURN NULL;
END $$;

-- For everyone, the owner too. The one update that passes is the seal's own, of an event that has none yet.
CREATE FUNCTION skep_audit_refuse() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND TG_LEVEL = 'ROW' AND pg_trigger_depth() > 1 THEN
    IF OLD."sequence" IS NULL AND NEW."sequence" IS NOT NULL AND NEW."body" = OLD."body" AND NEW."id" = OLD."id" THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'the history is not changed' USING ERRCODE = 'SK001';
END $$;

REVOKE ALL ON FUNCTION skep_audit_receive(), skep_audit_seal(), skep_audit_refuse() FROM PUBLIC;

CREATE TRIGGER skep_audit_receive BEFORE INSERT ON "AuditEvent"
  FOR EACH ROW EXECUTE FUNCTION skep_audit_receive();
CREATE CONSTRAINT TRIGGER skep_audit_seal AFTER INSERT ON "AuditEvent"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION skep_audit_seal();
CREATE TRIGGER skep_audit_keep BEFORE UPDATE OR DELETE ON "AuditEvent"
  FOR EACH ROW EXECUTE FUNCTION skep_audit_refuse();
CREATE TRIGGER skep_audit_keep_all BEFORE TRUNCATE ON "AuditEvent"
  FOR EACH STATEMENT EXECUTE FUNCTION skep_audit_refuse();

-- A session that replays or restores (session_replication_role) does not switch them off either.
ALTER TABLE "AuditEvent" ENABLE ALWAYS TRIGGER skep_audit_receive;
ALTER TABLE "AuditEvent" ENABLE ALWAYS TRIGGER skep_audit_seal;
ALTER TABLE "AuditEvent" ENABLE ALWAYS TRIGGER skep_audit_keep;
ALTER TABLE "AuditEvent" ENABLE ALWAYS TRIGGER skep_audit_keep_all;
