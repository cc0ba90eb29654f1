package mail_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ksync/internal/account"
	"ksync/internal/mail"
)

// shelf is an outbox without a database, which cannot live in a bubble of
// synctest. It is due as the service's: again after ten minutes, or when told.
type shelf struct {
	mu      sync.Mutex
	waiting map[int64]*waiting
	claims  int
	wake    chan struct{} // nil: nobody tells
}

func (s *shelf) NoticeWaiting() <-chan struct{} { return s.wake }

type waiting struct {
	account.Notice
	due time.Time
}

func (s *shelf) add(notices ...account.Notice) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range notices {
		s.waiting[n.ID] = &waiting{n, time.Now()}
	}
}

func (s *shelf) ClaimNotices(_ context.Context, n int) (due []account.Notice, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.claims++
	for _, w := range s.waiting {
		if len(due) < n && !w.due.After(time.Now()) {
			due = append(due, w.Notice)
			w.Attempts++
			w.due = time.Now().Add(10 * time.Minute)
		}
	}
	return due, nil
}

func (s *shelf) NoticeSent(ctx context.Context, n account.Notice) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.waiting, n.ID)
	return ctx.Err()
}

func (s *shelf) NoticeFailed(_ context.Context, n account.Notice) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting[n.ID].due = time.Now().Add(time.Minute)
	return nil
}

func (s *shelf) left() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.waiting)
}

// postman is a sender that answers as it is told.
type postman struct {
	answer func(ctx context.Context, try int) error
	mu     sync.Mutex
	tries  []string
}

func (p *postman) Send(ctx context.Context, l mail.Letter) error {
	p.mu.Lock()
	p.tries = append(p.tries, l.ID)
	n := len(p.tries)
	p.mu.Unlock()
	return p.answer(ctx, n)
}

func (p *postman) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.tries)
}

func TestOutbox(t *testing.T) {
	t.Parallel()
	later := errors.New("come back later")
	for _, tt := range []struct {
		name   string
		answer func(ctx context.Context, try int) error
		tries  int
	}{
		{"taken over", func(context.Context, int) error { return nil }, 1},
		{"put off twice", func(_ context.Context, try int) error {
			if try < 3 {
				return later
			}
			return nil
		}, 3},
		{"refused for good", func(context.Context, int) error { return fmt.Errorf("%w: 550", mail.ErrRefused) }, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := composer(t)
			synctest.Test(t, func(t *testing.T) {
				s, p := &shelf{waiting: map[int64]*waiting{}}, &postman{answer: tt.answer}
				s.add(c.Sample(account.NoticePassword, "ann@example.org", "en"))
				box := mail.StartOutbox(mail.OutboxOptions{Notices: s, Composer: c, Sender: p})
				defer box.Close()
				time.Sleep(5 * time.Minute)
				if s.left() != 0 || p.count() != tt.tries {
					t.Errorf("%d left after %d tries, want none after %d", s.left(), p.count(), tt.tries)
				}
				for _, id := range p.tries {
					if id != p.tries[0] {
						t.Errorf("another Message-ID at another try: %q", p.tries)
					}
				}
			})
		})
	}
}

func TestOutbox_EmptiesAFullOneAtOnce(t *testing.T) {
	t.Parallel()
	c := composer(t)
	synctest.Test(t, func(t *testing.T) {
		s, p := &shelf{waiting: map[int64]*waiting{}}, &postman{answer: func(context.Context, int) error { return nil }}
		for i := range int64(95) {
			n := c.Sample(account.NoticePassword, "ann@example.org", "en")
			n.ID = i + 1
			s.add(n)
		}
		box := mail.StartOutbox(mail.OutboxOptions{Notices: s, Composer: c, Sender: p})
		defer box.Close()
		synctest.Wait()
		if s.left() != 0 || p.count() != 95 {
			t.Errorf("%d left, %d sent before any wait", s.left(), p.count())
		}
	})
}

func TestOutbox_SendsAtOnceWhatItIsToldOf(t *testing.T) {
	t.Parallel()
	c := composer(t)
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{waiting: map[int64]*waiting{}, wake: make(chan struct{}, 1)}
		p := &postman{answer: func(context.Context, int) error { return nil }}
		box := mail.StartOutbox(mail.OutboxOptions{Notices: s, Composer: c, Sender: p})
		defer box.Close()
		synctest.Wait()
		s.add(c.Sample(account.NoticeReset, "ann@example.org", "en"))
		if synctest.Wait(); p.count() != 0 {
			t.Fatal("sent before anybody told")
		}
		began := time.Now()
		s.wake <- struct{}{}
		if synctest.Wait(); p.count() != 1 || time.Since(began) != 0 {
			t.Errorf("%d sent after %v", p.count(), time.Since(began))
		}
	})
}

func TestOutbox_StopWaitsForTheLetterAndNoOther(t *testing.T) {
	t.Parallel()
	c := composer(t)
	synctest.Test(t, func(t *testing.T) {
		p := &postman{answer: func(ctx context.Context, _ int) error {
			select {
			case <-time.After(3 * time.Second):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}}
		s := &shelf{waiting: map[int64]*waiting{}}
		one, two := c.Sample(account.NoticePassword, "ann@example.org", "en"), c.Sample(account.NoticePassword, "bob@example.org", "en")
		two.ID = 2
		s.add(one, two)
		box := mail.StartOutbox(mail.OutboxOptions{Notices: s, Composer: c, Sender: p})
		synctest.Wait()
		box.Close()
		if p.count() != 1 || s.left() != 1 {
			t.Errorf("%d tried, %d left: want one sent in full and one left", p.count(), s.left())
		}
	})
}

func TestOutbox_StopBreaksOffAServerThatHangs(t *testing.T) {
	t.Parallel()
	c := composer(t)
	synctest.Test(t, func(t *testing.T) {
		p := &postman{answer: func(ctx context.Context, _ int) error { <-ctx.Done(); return ctx.Err() }}
		s := &shelf{waiting: map[int64]*waiting{}}
		s.add(c.Sample(account.NoticePassword, "ann@example.org", "en"))
		box := mail.StartOutbox(mail.OutboxOptions{Notices: s, Composer: c, Sender: p})
		synctest.Wait()
		began := time.Now()
		box.Close()
		if time.Since(began) > 15*time.Second || s.left() != 1 {
			t.Errorf("stopped after %v, %d left", time.Since(began), s.left())
		}
	})
}

func TestOutbox_LogNamesNobody(t *testing.T) {
	t.Parallel()
	c := composer(t)
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		s := &shelf{waiting: map[int64]*waiting{}}
		p := &postman{answer: func(_ context.Context, try int) error {
			return []error{errors.New("busy"), fmt.Errorf("%w: 550", mail.ErrRefused)}[min(try-1, 1)]
		}}
		s.add(c.Sample(account.NoticeReset, "ann@example.org", "en"))
		box := mail.StartOutbox(mail.OutboxOptions{Notices: s, Composer: c, Sender: p, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		time.Sleep(3 * time.Minute)
		box.Close()
		for _, private := range []string{"ann@", "no-real-link", "203.0.113", "Phone"} {
			if strings.Contains(log.String(), private) {
				t.Errorf("%q in\n%s", private, log.String())
			}
		}
		if !strings.Contains(log.String(), "put off") || !strings.Contains(log.String(), "given up") {
			t.Errorf("log:\n%s", log.String())
		}
	})
}
