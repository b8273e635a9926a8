/* Files of this folder that are built in by embed.cmake: the frame of an HTML page, with its style sheet and script,
 * whose hashes stand in the page's policy. */
#ifndef TLSWHY_REPORT_PAGE_FILES_H
#define TLSWHY_REPORT_PAGE_FILES_H

extern const char page_head_before_title[], page_head_after_title[], page_foot[];

#endif
