-- Rules that schema.prisma cannot say.

-- One open operation per secret.
CREATE UNIQUE INDEX "OperationSecret_one_open" ON "OperationSecret" ("secretId") WHERE "isOpen";

-- Names are unique in a Swarm without regard to case, among the secrets that are still there.
CREATE UNIQUE INDEX "Secret_name_free" ON "Secret" ("clusterId", lower("name")) WHERE "removedAt" IS NULL;

-- One account per e-mail address, however it is typed.
CREATE UNIQUE INDEX "Person_email_lower" ON "Person" (lower("email"));

-- Wakes the executors of all instances: a new operation, or one that a person stopped, undid or decided.
CREATE FUNCTION skep_wake_operation() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM pg_notify('skep_operation', NEW."id");
  RETURN NULL;
END $$;

CREATE TRIGGER skep_wake_new AFTER INSERT ON "Operation"
  FOR EACH ROW EXECUTE FUNCTION skep_wake_operation();
CREATE TRIGGER skep_wake_changed AFTER UPDATE ON "Operation"
  FOR EACH ROW WHEN (NEW."state" IS DISTINCT FROM OLD."state" OR NEW."direction" IS DISTINCT FROM OLD."direction")
  EXECUTE FUNCTION skep_wake_operation();

-- Tells the pages of all instances that something they show has changed: which table, no more.
CREATE FUNCTION skep_tell_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM pg_notify('skep_changed', TG_TABLE_NAME);
  RETURN NULL;
END $$;

CREATE TRIGGER skep_changed AFTER INSERT OR UPDATE OR DELETE ON "Secret" FOR EACH STATEMENT EXECUTE FUNCTION skep_tell_change();
CREATE TRIGGER skep_changed AFTER INSERT OR UPDATE OR DELETE ON "Version" FOR EACH STATEMENT EXECUTE FUNCTION skep_tell_change();
CREATE TRIGGER skep_changed AFTER INSERT OR UPDATE OR DELETE ON "Grant" FOR EACH STATEMENT EXECUTE FUNCTION skep_tell_change();
CREATE TRIGGER skep_changed AFTER INSERT OR UPDATE OR DELETE ON "OperationStep" FOR EACH STATEMENT EXECUTE FUNCTION skep_tell_change();
CREATE TRIGGER skep_changed AFTER INSERT OR UPDATE OR DELETE ON "Person" FOR EACH STATEMENT EXECUTE FUNCTION skep_tell_change();
CREATE TRIGGER skep_changed AFTER INSERT OR UPDATE OR DELETE ON "Setting" FOR EACH STATEMENT EXECUTE FUNCTION skep_tell_change();
CREATE TRIGGER skep_changed AFTER INSERT OR UPDATE OR DELETE ON "Swarm" FOR EACH STATEMENT EXECUTE FUNCTION skep_tell_change();
CREATE TRIGGER skep_changed AFTER INSERT ON "AuditEvent" FOR EACH STATEMENT EXECUTE FUNCTION skep_tell_change();

-- An operation's row is saved with every renewal of its lease; pages look at what a person can see.
CREATE FUNCTION skep_tell_operation() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM pg_notify('skep_changed', 'Operation');
  RETURN NULL;
END $$;

CREATE TRIGGER skep_changed_new AFTER INSERT ON "Operation"
  FOR EACH ROW EXECUTE FUNCTION skep_tell_operation();
CREATE TRIGGER skep_changed AFTER UPDATE ON "Operation"
  FOR EACH ROW WHEN (NEW."revision" IS DISTINCT FROM OLD."revision" OR NEW."state" IS DISTINCT FROM OLD."state"
    OR NEW."direction" IS DISTINCT FROM OLD."direction" OR NEW."outcome" IS DISTINCT FROM OLD."outcome")
  EXECUTE FUNCTION skep_tell_operation();
