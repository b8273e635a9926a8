/*
 * Certificates as files: every certificate that was presented, as PEM, once each; of each distinct chain a bundle in
 * the order in which it should have been sent; and where the missing links can be had.
 *
 * Files are new ones in a directory: nothing that exists is overwritten. Their names are [A-Za-z0-9.-] and at most 100
 * bytes: c<connection>-<position>-<subject>.pem, c<connection>-chain.pem, c<connection>-missing.txt; client
 * certificates c<connection>-client-<position>-...
 */
#ifndef TLSWHY_EVIDENCE_CERTIFICATES_H
#define TLSWHY_EVIDENCE_CERTIFICATES_H

#include <stdint.h>

enum { EXTRACT_NAME = 100 };

/* The target's argument. */
struct extract_options {
    uint64_t max_files;
};

#endif
