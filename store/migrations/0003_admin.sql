-- +goose Up

-- Who may invite others. The oldest account is of whoever set the server up.

alter table account add column admin smallint not null default 0;

update account set admin = 1
where id = (select id from account where deleted_at = 0 order by created, id limit 1);
