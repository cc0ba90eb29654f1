-- +goose Up

-- Wrong codes of an authenticator app in a row, so that nobody guesses for ever.

alter table totp add column failed bigint not null default 0;
