package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

type deletionOutput struct {
	Body struct {
		DeleteAfter *time.Time `json:"delete_after" doc:"Until then it can be taken back."`
	}
}

// leavingOperations are for who takes everything along, or goes.
func (s *server) leavingOperations() {
	const tag = "Account"
	add(s, operation{method: http.MethodPut, path: "/account/deletion", id: "request-deletion", summary: "Delete the account", tag: tag,
		text: "Devices are shut out at once; all is deleted after a time of grace.", needs: fresh}, s.requestDeletion)
	add(s, operation{method: http.MethodDelete, path: "/account/deletion", id: "cancel-deletion", summary: "Keep the account after all", tag: tag,
		status: http.StatusNoContent}, s.cancelDeletion)
	if s.Export != nil {
		add(s, operation{method: http.MethodPost, path: "/account/export", id: "export-account", summary: "Take everything along", tag: tag,
			text: "One ZIP archive of all contacts, calendars and tasks, and of what is kept about the account.", needs: fresh}, s.exportAccount)
	}
}

func (s *server) requestDeletion(ctx context.Context, c *call, _ *nothing) (*deletionOutput, error) {
	end, err := s.Accounts.RequestDeletion(ctx, c.from, c.Person)
	out := &deletionOutput{}
	out.Body.DeleteAfter = when(end.UnixMilli())
	return out, err
}

func (s *server) cancelDeletion(ctx context.Context, c *call, _ *nothing) (*nothing, error) {
	return nil, s.Accounts.CancelDeletion(ctx, c.from, c.Person)
}

func (s *server) exportAccount(ctx context.Context, c *call, _ *nothing) (*huma.StreamResponse, error) {
	if err := s.Accounts.BeginExport(ctx, c.from, c.Person); err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		hc.SetHeader("Content-Type", "application/zip")
		hc.SetHeader("Content-Disposition", fmt.Sprintf(`attachment; filename="ksync-%s.zip"`, s.Now().UTC().Format(time.DateOnly)))
		s.whole(ctx, "export", s.Export(ctx, c.Person, hc.BodyWriter()))
	}}, nil
}
