CREATE TABLE "secret_check" (
	"id" integer PRIMARY KEY NOT NULL,
	"value" text NOT NULL
);
