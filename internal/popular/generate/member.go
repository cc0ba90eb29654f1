package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"strings"
)

// member returns a file of a package: of a gzipped tar, as npm has them, or of
// a zip, as pip has. One that is gzipped itself is unpacked.
func member(path, name string) ([]byte, error) {
	open := fromTar
	if strings.HasSuffix(path, ".whl") {
		open = fromZip
	}
	var text []byte
	err := open(path, name, func(r io.Reader) (err error) {
		if strings.HasSuffix(name, ".gz") {
			if r, err = gzip.NewReader(r); err != nil {
				return err
			}
		}
		text, err = readAll(r)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s of %s: %w", name, path, err)
	}
	return text, nil
}

func fromTar(path, name string, read func(io.Reader) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	for archive := tar.NewReader(unzipped); ; {
		header, err := archive.Next()
		if err != nil {
			return err
		}
		if header.Name == name {
			return read(archive)
		}
	}
}

func fromZip(path, name string, read func(io.Reader) error) error {
	archive, err := zip.OpenReader(path)
	if err != nil {
		return err
	}
	defer func() { _ = archive.Close() }() // it was only read
	f, err := archive.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	return read(f)
}
