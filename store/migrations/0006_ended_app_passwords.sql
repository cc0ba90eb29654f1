-- +goose Up

-- App passwords that ended are forgotten some time later.

create index app_password_revoked on app_password (revoked) where revoked <> 0;
create index app_password_expires on app_password (expires) where expires <> 0;
