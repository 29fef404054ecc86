CREATE TABLE "unit_history" (
	"route" text PRIMARY KEY NOT NULL,
	"ledger" text NOT NULL
);
