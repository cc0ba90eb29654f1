-- +goose Up

-- Kinds whose objects' index was made by an earlier program in another way: a
-- migration that comes with a new way names its kind here, and it is made anew.
-- The first such one: tasks that are due before they start.

create table stale_index (
	kind text not null primary key
);

insert into stale_index (kind) values ('calendar');
