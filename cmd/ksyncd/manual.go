package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"
)

// manualCmd prints what packages install beside the program. It is made of the
// same tags as the help, so that none of it can differ.
type manualCmd struct {
	Form string `arg:"" enum:"man,bash,zsh,fish" help:"man for the page of man(1); bash, zsh or fish for the completion of that shell."`
}

func (c *manualCmd) Run(env *environment) error {
	app, err := newParser(env, func() {})
	if err != nil {
		return err
	}
	var b strings.Builder
	switch c.Form {
	case "man":
		manPage(&b, app.Model)
	case "bash":
		bashCompletion(&b, app.Model)
	case "zsh":
		zshCompletion(&b, app.Model)
	case "fish":
		fishCompletion(&b, app.Model)
	default:
		return usageError{errors.New("no such form")}
	}
	_, err = io.WriteString(env.out, b.String())
	return err
}

// eachCommand visits the commands that people see, those above before those
// below; path has its words.
func eachCommand(n *kong.Node, path []string, visit func(path []string, n *kong.Node)) {
	for _, child := range n.Children {
		if child.Hidden {
			continue
		}
		at := append(slices.Clone(path), child.Name)
		visit(at, child)
		eachCommand(child, at, visit)
	}
}

// roff escapes what troff would take for its own.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		text = `\&` + text
	}
	return text
}

func manPage(w io.Writer, app *kong.Application) {
	fmt.Fprintf(w, ".TH KSYNCD 1 \"\" \"ksyncd\"\n.SH NAME\nksyncd \\- sync server for contacts, calendars and tasks\n.SH SYNOPSIS\n.B ksyncd\n.I COMMAND\n[\\fIFLAGS\\fR]\n")
	fmt.Fprintf(w, ".SH DESCRIPTION\n%s\n.SH COMMANDS\n", roff(app.Help))
	eachCommand(app.Node, nil, func(path []string, n *kong.Node) {
		if n.Type != kong.CommandNode || len(n.Children) > 0 {
			return
		}
		fmt.Fprintf(w, ".SS \"ksyncd %s\"\n%s\n", roff(strings.Join(path, " ")), roff(n.Help))
		for _, arg := range n.Positional {
			fmt.Fprintf(w, ".TP\n.I %s\n%s\n", roff(arg.Name), roff(arg.Help))
		}
		for _, flag := range n.Flags {
			if !flag.Hidden {
				manFlag(w, flag)
			}
		}
	})
	fmt.Fprintf(w, ".SH FILES\n.TP\n.I ksyncd.conf\nSettings, in the data directory or where \\-\\-config says; \\fBksyncd config\\fR prints them all.\n")
	fmt.Fprintf(w, ".SH EXIT STATUS\n0 on success, %d on failure, %d when the command line or a setting is wrong.\n", exitFailure, exitUsage)
}

func manFlag(w io.Writer, flag *kong.Flag) {
	name := "--" + flag.Name
	if !flag.IsBool() {
		name += "=" + flag.FormatPlaceHolder()
	}
	fmt.Fprintf(w, ".TP\n.B %s\n%s\n", roff(name), roff(flag.Help))
	if flag.Default != "" && flag.Name != "data" { // which depends on who asks
		fmt.Fprintf(w, "Default: %s.\n", roff(flag.Default))
	}
	if len(flag.Envs) > 0 {
		fmt.Fprintf(w, "Variable: %s.\n", roff(strings.Join(flag.Envs, ", ")))
	}
}

// words are what may follow a command: commands below it and its flags.
func words(n *kong.Node) (commands, flags []string) {
	for _, child := range n.Children {
		if !child.Hidden {
			commands = append(commands, child.Name)
		}
	}
	for _, flag := range n.Flags {
		if !flag.Hidden {
			flags = append(flags, "--"+flag.Name)
		}
	}
	return commands, flags
}

// bashCompletion goes through the words so far that are no flags, and knows by
// them what may come next; where nothing of ours does, as behind a flag that wants a
// value, a file may. bash takes --flag=value apart at the sign.
func bashCompletion(w io.Writer, app *kong.Application) {
	fmt.Fprintf(w, "_ksyncd() {\n  local at=\"\" word found\n  case \"${COMP_WORDS[COMP_CWORD-1]}\" in =|%s) return ;; esac\n", strings.Join(wantValues(app), "|"))
	fmt.Fprint(w, "  [ \"${COMP_WORDS[COMP_CWORD]}\" != = ] || return\n  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n    case \"$word\" in -*) ;; *) at=\"$at $word\" ;; esac\n  done\n  case \"$at\" in\n")
	nextWords(app, func(pattern string, next []string) {
		fmt.Fprintf(w, "  %s) found=%q ;;\n", pattern, strings.Join(next, " "))
	})
	fmt.Fprint(w, "  esac\n  COMPREPLY=( $(compgen -W \"$found\" -- \"${COMP_WORDS[COMP_CWORD]}\") )\n}\ncomplete -o default -F _ksyncd ksyncd\n")
}

// zshCompletion does the same as the body of a function, which zsh loads when it is first asked.
func zshCompletion(w io.Writer, app *kong.Application) {
	fmt.Fprintf(w, "#compdef ksyncd\nlocal at=\"\" word\nlocal -a found\ncase \"${words[CURRENT-1]}\" in %s) _files; return ;; esac\n", strings.Join(wantValues(app), "|"))
	fmt.Fprint(w, "for word in \"${(@)words[2,CURRENT-1]}\"; do\n  case \"$word\" in -*) ;; *) at=\"$at $word\" ;; esac\ndone\ncase \"$at\" in\n")
	nextWords(app, func(pattern string, next []string) {
		fmt.Fprintf(w, "%s) found=(%s) ;;\n", pattern, strings.Join(next, " "))
	})
	fmt.Fprint(w, "esac\ncompadd -a found || _files\n")
}

// wantValues are the flags behind which a value comes, of whatever command.
func wantValues(app *kong.Application) (flags []string) {
	eachCommand(app.Node, nil, func(_ []string, n *kong.Node) {
		for _, flag := range n.Flags {
			if !flag.IsBool() {
				flags = append(flags, "--"+flag.Name)
			}
		}
	})
	slices.Sort(flags)
	return slices.Compact(flags)
}

// nextWords gives a pattern of a shell for each command, and the commands and
// flags that go on from there.
func nextWords(app *kong.Application, row func(pattern string, next []string)) {
	one := func(path []string, n *kong.Node) {
		commands, flags := words(n)
		pattern := ""
		for _, word := range path {
			pattern += " " + word
		}
		pattern = strconv.Quote(pattern)
		if len(n.Children) == 0 {
			pattern += "*"
		}
		row(pattern, append(commands, flags...))
	}
	one(nil, app.Node)
	eachCommand(app.Node, nil, one)
}

func fishCompletion(w io.Writer, app *kong.Application) {
	quote := func(s string) string { return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(s) + "'" }
	eachCommand(app.Node, nil, func(path []string, n *kong.Node) {
		beside, _ := words(n.Parent)
		when := "not __fish_seen_subcommand_from " + strings.Join(beside, " ")
		fmt.Fprintf(w, "complete -c ksyncd -n %s -f -a %s -d %s\n", quote(fishSeen(path[:len(path)-1])+when), path[len(path)-1], quote(n.Help))
		for _, flag := range n.Flags {
			if flag.Hidden || len(n.Children) > 0 {
				continue
			}
			value := "" // or what comes next is its value
			if !flag.IsBool() {
				value = " -r"
			}
			fmt.Fprintf(w, "complete -c ksyncd -n %s -l %s%s -d %s\n", quote(fishSeen(path)+"true"), flag.Name, value, quote(flag.Help))
		}
	})
}

// fishSeen is a condition, to be gone on with: all these words were there.
func fishSeen(path []string) (condition string) {
	for _, word := range path {
		condition += "__fish_seen_subcommand_from " + word + "; and "
	}
	return condition
}
