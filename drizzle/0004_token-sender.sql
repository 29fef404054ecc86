ALTER TABLE "tokens" ADD COLUMN "sender" jsonb;
--> statement-breakpoint
-- Until now only the token itself and the audit said what it is bound to.
UPDATE "tokens" SET "sender" = jsonb_strip_nulls(jsonb_build_object('route', "event"->'route', 'version', "event"->'version'))
FROM "audit" WHERE "event"->>'kind' = 'tokenCreated' AND "event"->>'id' = "tokens"."id"::text
	AND ("event" ? 'route' OR "event" ? 'version');
