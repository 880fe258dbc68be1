BEGIN TRANSACTION;
CREATE TABLE broadcasts (seq INTEGER PRIMARY KEY AUTOINCREMENT, org TEXT NOT NULL, id TEXT NOT NULL,
       status TEXT NOT NULL, body TEXT NOT NULL, UNIQUE (org, id));
INSERT INTO "broadcasts" VALUES(1,'c','b_ea67c6c205a72fb506c00d93','DRAFT','{"id": "b_ea67c6c205a72fb506c00d93", "name": "Campaign a", "status": "DRAFT", "scheduled_at": "2027-03-08T09:00:00.000Z", "started_at": null, "completed_at": null, "contacts_count": 7028, "recipients_count": 0, "skipped_count": 0, "sent_count": 0, "failed_count": 0, "delivered_count": 0, "opened_count": 0, "played_count": 0, "click_count": 0, "complained_count": 0, "unsubscribed_count": 0, "error_message": null, "segments": [{"id": "vip", "name": "vip", "color": "blue", "contacts_count": 7028, "boards": [], "created_at": "2026-11-20T09:00:00.000Z", "updated_at": "2026-11-20T09:00:00.000Z"}], "send_to_all": false, "templates": [], "created_at": "2026-11-20T09:00:00.000Z", "updated_at": "2026-11-20T09:00:00.000Z"}');
INSERT INTO "broadcasts" VALUES(2,'c','b_195ab08dc29db8b182b9ce28','DRAFT','{"id": "b_195ab08dc29db8b182b9ce28", "name": "Campaign b", "status": "DRAFT", "scheduled_at": "2027-03-09T09:00:00.000Z", "started_at": null, "completed_at": null, "contacts_count": 7028, "recipients_count": 0, "skipped_count": 0, "sent_count": 0, "failed_count": 0, "delivered_count": 0, "opened_count": 0, "played_count": 0, "click_count": 0, "complained_count": 0, "unsubscribed_count": 0, "error_message": null, "segments": [{"id": "vip", "name": "vip", "color": "blue", "contacts_count": 7028, "boards": [], "created_at": "2026-11-20T09:00:00.000Z", "updated_at": "2026-11-20T09:00:00.000Z"}], "send_to_all": false, "templates": [], "created_at": "2026-11-20T09:00:00.000Z", "updated_at": "2026-11-20T09:00:00.000Z"}');
CREATE TABLE segments (seq INTEGER PRIMARY KEY, org TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL,
       color TEXT NOT NULL, contacts_count INTEGER NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
       UNIQUE (org, id));
INSERT INTO "segments" VALUES(1,'c','vip','vip','blue',7028,'2026-11-20T09:00:00.000Z','2026-11-20T09:00:00.000Z');
CREATE INDEX broadcasts_of_org ON broadcasts (org);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('broadcasts',2);
COMMIT;
PRAGMA application_id = 1231976002;
PRAGMA user_version = 1;
