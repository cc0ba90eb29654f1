-- +goose Up

-- What people sign in with, and what happened to their accounts.

alter table account add column password_set bigint not null default 0;
alter table account add column new_password smallint not null default 0; -- to be chosen before anything else
alter table account add column failures bigint not null default 0; -- wrong passwords in a row, in the browser
alter table account add column delete_after bigint not null default 0; -- asked for; 0: not

-- until <> 0: an earlier name, which still leads here until then.
alter table account_name add column until bigint not null default 0;

alter table app_password add column replaces bigint not null default 0; -- ends when this one is first used
alter table app_password add column made_place text not null default '';

create index account_delete_after on account (delete_after) where delete_after <> 0;

create index account_name_until on account_name (until) where until <> 0;

create table session (
	account_id bigint   not null,
	id         bigint   not null,
	hash       bytea    not null,
	created    bigint   not null,
	fresh      bigint   not null, -- when its person last proved who they are, in full
	last_seen  bigint   not null,
	idle       bigint   not null, -- ms without a request after which it ends
	expires    bigint   not null,
	stay       smallint not null,
	factor     text     not null,
	place      text     not null,
	agent      text     not null,
	primary key (account_id, id)
);

create unique index session_hash on session (hash);

create index session_expires on session (expires);

create table totp (
	account_id  bigint not null primary key,
	secret      bytea  not null, -- sealed
	created     bigint not null,
	last_step   bigint not null,
	tries       bigint not null, -- since tries_since
	tries_since bigint not null
);

create table backup_code (
	account_id bigint not null,
	hash       bytea  not null,
	created    bigint not null,
	used       bigint not null,
	primary key (account_id, hash)
);

create table passkey (
	account_id bigint not null,
	id         bigint not null,
	hash       bytea  not null, -- of the credential's id, which may be long
	name       text   not null,
	counter    bigint not null,
	created    bigint not null,
	last_used  bigint not null,
	credential bytea  not null,
	primary key (account_id, id)
);

create unique index passkey_hash on passkey (hash);

-- What one secret is good for, once, until a time: half a sign-in, a link, a
-- challenge, a code, a token. account_id 0: of nobody yet.
create table ticket (
	hash       bytea  not null primary key,
	account_id bigint not null,
	kind       text   not null,
	id         bigint not null,
	created    bigint not null,
	expires    bigint not null,
	data       text   not null
);

create index ticket_account on ticket (account_id, kind, created, id);

create index ticket_expires on ticket (expires);

create table activity (
	account_id   bigint not null,
	id           bigint not null,
	at           bigint not null,
	since        bigint not null,
	count        bigint not null,
	kind         text   not null,
	place        text   not null,
	client       text   not null,
	agent        text   not null,
	session_id   bigint not null,
	app_password_id bigint not null,
	detail       text   not null,
	primary key (account_id, id)
);

create index activity_at on activity (account_id, at, id);

create index activity_expires on activity (at);

-- From where, and with what, the account was used. app_password_id 0: in a browser.
create table known_place (
	account_id      bigint not null,
	app_password_id bigint not null,
	place           text   not null,
	client          text   not null,
	first_seen      bigint not null,
	last_seen       bigint not null,
	primary key (account_id, app_password_id, place, client)
);

create index known_place_expires on known_place (last_seen);

-- Letters to be sent. Those that were sent stay for a while, so that the same
-- topic is not told again too soon.
create table notice (
	account_id bigint not null,
	id         bigint not null,
	kind       text   not null,
	topic      text   not null,
	address    text   not null,
	locale     text   not null,
	activity_id bigint not null,
	created    bigint not null,
	due        bigint not null,
	attempts   bigint not null,
	sent       bigint not null, -- 0: waits
	data       bytea  not null, -- sealed
	primary key (account_id, id)
);

create index notice_topic on notice (account_id, topic, created);

create index notice_due on notice (due) where sent = 0;

create index notice_sent on notice (sent) where sent <> 0;
