-- +goose Up

-- What an object can be found by besides its name: hashes that the kind of its
-- collection makes of the bytes. The object is named by its change number, as
-- every write gives it another one together with other keys.
create table object_key (
	account_id    bigint not null,
	collection_id bigint not null,
	change        bigint not null,
	key           bigint not null,
	primary key (account_id, collection_id, change, key)
);

create index object_key_key on object_key (account_id, key, collection_id, change);

-- By which version of the algorithm all keys of its objects were made; 0: not all have any.
alter table collection add column key_version bigint not null default 0;

-- Pairs of cards that a person said are two. pair names them, data says what
-- they were like then.
create table duplicate_hidden (
	account_id bigint not null,
	id         bigint not null,
	at         bigint not null,
	pair       text   not null,
	data       bytea  not null,
	primary key (account_id, id)
);

create unique index duplicate_hidden_pair on duplicate_hidden (account_id, pair);

-- What was merged, undone, and merged in bulk, until it can no longer be taken
-- back. token: of the request, so that it is not done twice.
create table merge (
	account_id bigint not null,
	id         bigint not null,
	kind       text   not null,
	at         bigint not null,
	until      bigint not null,
	undone_at  bigint not null,
	parent_id  bigint not null, -- the one that it is a part of; 0: none
	size       bigint not null, -- of the bytes in merge_card
	token      text   not null,
	data       bytea  not null,
	primary key (account_id, id)
);

create index merge_at on merge (account_id, at, id);

create index merge_parent on merge (account_id, parent_id, at, id) where parent_id <> 0;

create unique index merge_token on merge (account_id, token) where token <> '';

create index merge_until on merge (until);

-- The cards it touched: bytes before and after, null or empty where there was none.
create table merge_card (
	account_id    bigint not null,
	merge_id      bigint not null,
	position      bigint not null,
	collection_id bigint not null,
	uri           text   not null,
	data          bytea  not null,
	bytes_before  bytea,
	bytes_after   bytea,
	primary key (account_id, merge_id, position)
);

-- UIDs of cards that were merged into another one: a client that was away may
-- store them again.
create table merged_uid (
	account_id bigint not null,
	uid        text   not null,
	until      bigint not null,
	data       bytea  not null,
	primary key (account_id, uid)
);

create index merged_uid_until on merged_uid (until);
