-- +goose Up

-- Devices that were set up by the assistant, and what they sign in with.

alter table app_password add column unless_used bigint not null default 0; -- ends then when it was not used before; 0: does not, or was

create index app_password_unless_used on app_password (unless_used) where unless_used <> 0 and revoked = 0;

create table device (
	account_id      bigint not null,
	id              bigint not null,
	name            text   not null,
	platform        text   not null,
	services        text   not null, -- separated by spaces
	app_password_id bigint not null, -- 0: none was handed out yet
	created         bigint not null,
	connected       bigint not null, -- first request with that app password
	seen            text   not null, -- services that it asked for since, separated by spaces
	primary key (account_id, id)
);

create index device_app_password on device (account_id, app_password_id);
