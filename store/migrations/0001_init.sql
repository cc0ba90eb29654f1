-- +goose Up

-- Keys begin with the account everywhere. Times are ms UTC; ids, times and
-- change numbers are made by the program. 0 and '' mean "none".

create table account (
	id            bigint   not null primary key,
	login         text     not null,
	email         text     not null,
	name          text     not null,
	locale        text     not null,
	time_zone     text     not null,
	password_hash text     not null,
	disabled      smallint not null,
	quota         bigint   not null,
	created       bigint   not null,
	deleted_at    bigint   not null
);

-- Logins and e-mail addresses, lower case, in one name space: what one
-- account signs in with can never lead to another.
create table account_name (
	name       text   not null primary key,
	account_id bigint not null
);

create index account_name_account on account_name (account_id);

create table app_password (
	account_id bigint   not null,
	id         bigint   not null,
	name       text     not null,
	hash       bytea    not null,
	key_id     text     not null,
	scope      smallint not null,
	created    bigint   not null,
	expires    bigint   not null,
	revoked    bigint   not null,
	last_used  bigint   not null,
	last_place text     not null,
	last_agent text     not null,
	primary key (account_id, id)
);

create unique index app_password_hash on app_password (hash);

create table collection (
	account_id   bigint not null,
	id           bigint not null,
	kind         text   not null,
	uri          text   not null,
	epoch        text   not null,
	change       bigint not null,
	oldest       bigint not null,
	bytes        bigint not null, -- of its objects
	count        bigint not null, -- of its objects
	kept_bytes   bigint not null, -- of its versions
	created      bigint not null,
	modified     bigint not null,
	deleted_at   bigint not null,
	display_name text   not null,
	description  text   not null,
	color        text   not null,
	sort_order   bigint,
	time_zone_id text   not null,
	components   text   not null, -- separated by spaces
	source       text   not null,
	time_zone    text   not null,
	primary key (account_id, id)
);

create unique index collection_uri on collection (account_id, kind, uri) where deleted_at = 0;

-- The bytes come last: what does not ask for them does not touch the pages
-- that a large object overflows to.
create table object (
	account_id    bigint   not null,
	collection_id bigint   not null,
	uri           text     not null,
	etag          text     not null,
	size          bigint   not null,
	change        bigint   not null,
	created       bigint   not null,
	modified      bigint   not null,
	uid           text     not null,
	component     text     not null,
	first_start   bigint   not null,
	last_end      bigint   not null,
	recurring     smallint not null,
	exact         smallint not null,
	bytes         bytea    not null,
	primary key (account_id, collection_id, uri)
);

create unique index object_change on object (account_id, collection_id, change);

create unique index object_uid on object (account_id, collection_id, uid) where uid <> '';

-- Holds all that a search by time asks, so that it reads no object that does not match.
create index object_span on object (account_id, collection_id, last_end, first_start, component, uri, size);

create table tombstone (
	account_id    bigint not null,
	collection_id bigint not null,
	uri           text   not null,
	change        bigint not null,
	deleted_at    bigint not null,
	primary key (account_id, collection_id, uri)
);

create unique index tombstone_change on tombstone (account_id, collection_id, change);

-- Earlier bytes of an object, named by the change that replaced them.
create table version (
	account_id      bigint not null,
	collection_id   bigint not null,
	change          bigint not null,
	uri             text   not null,
	etag            text   not null,
	size            bigint not null,
	written         bigint not null,
	replaced_at     bigint not null,
	app_password_id bigint not null,
	agent           text   not null,
	reason          text   not null,
	bytes           bytea  not null,
	primary key (account_id, collection_id, change)
);

create index version_uri on version (account_id, collection_id, uri, change);

-- Dead properties. collection_id 0: of a place of the account, which uri
-- names; uri '': of the collection itself.
create table property (
	account_id    bigint not null,
	collection_id bigint not null,
	uri           text   not null,
	name          text   not null,
	value         text   not null,
	primary key (account_id, collection_id, uri, name)
);
