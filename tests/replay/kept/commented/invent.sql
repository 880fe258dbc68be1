BEGIN TRANSACTION;
CREATE TABLE broadcasts (seq INTEGER PRIMARY KEY AUTOINCREMENT, org TEXT NOT NULL, id TEXT NOT NULL,
       status TEXT NOT NULL, body TEXT NOT NULL, UNIQUE (org, id));
CREATE TABLE segments (seq INTEGER PRIMARY KEY, org TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL,
       color TEXT NOT NULL, contacts_count INTEGER NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
       UNIQUE (org, id));
CREATE INDEX broadcasts_of_org ON broadcasts (org);
DELETE FROM "sqlite_sequence";
COMMIT;
PRAGMA application_id = 1231976002;
PRAGMA user_version = 1;
