package trace

import (
	"errors"
	"fmt"
	"net/http"
)

// ServeHTTP is for the admin listener: GET /trace lists what is recorded, POST
// /trace?login=LOGIN begins, DELETE /trace?login=LOGIN ends.
func (r *Recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	var err error
	switch req.Method {
	case http.MethodGet:
		err = r.list(w)
	case http.MethodPost:
		err = r.begin(w, req)
	case http.MethodDelete:
		err = r.end(w, req)
	default:
		w.Header().Set("Allow", "GET, POST, DELETE")
		http.Error(w, "GET, POST or DELETE", http.StatusMethodNotAllowed)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest) // whoever reads it runs the server
	}
}

func (r *Recorder) list(w http.ResponseWriter) error {
	for _, account := range r.Active() {
		if s := r.of(account, ""); s != nil {
			if err := s.list(w); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *Recorder) begin(w http.ResponseWriter, req *http.Request) error {
	login := req.URL.Query().Get("login")
	if login == "" {
		return errors.New("say whom: ?login=LOGIN")
	}
	file, err := r.Start(req.Context(), login)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(w, file)
	return err
}

func (r *Recorder) end(w http.ResponseWriter, req *http.Request) error {
	subject, err := r.o.Find(req.Context(), req.URL.Query().Get("login"))
	if err != nil {
		return err
	}
	stopped, err := r.Stop(subject.Account)
	if err != nil {
		return err
	}
	if !stopped {
		w.WriteHeader(http.StatusNotFound)
	}
	_, err = fmt.Fprintln(w, "stopped:", stopped)
	return err
}
