/* Times: RFC 3339; the proleptic Gregorian calendar in days since 1970. */
#include "report/timestamp.h"

#include <string.h>

static char *put(char *at, uint64_t value, unsigned digits)
{
    for (unsigned i = digits; i > 0; i--) {
        at[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
    return at + digits;
}

/* Years are counted from March, so that the leap day is a year's last and months have a linear formula. */
static void civil_from_days(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
    days += 719468; /* to 0000-03-01 */
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    uint64_t day_of_era = (uint64_t)(days - era * 146097);
    uint64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    uint64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint64_t m = (5 * day_of_year + 2) / 153;
    *day = (unsigned)(day_of_year - (153 * m + 2) / 5 + 1);
    *month = (unsigned)(m < 10 ? m + 3 : m - 9);
    *year = (int64_t)year_of_era + era * 400 + (*month <= 2);
}

static const char *write_time(char *buf, int64_t time_ns, unsigned digits, char between, const char *end)
{
    int64_t seconds = time_ns / 1000000000, nanoseconds = time_ns % 1000000000;
    if (nanoseconds < 0) {
        nanoseconds += 1000000000;
        seconds--;
    }
    int64_t days = seconds / 86400, rest = seconds % 86400;
    if (rest < 0) {
        rest += 86400;
        days--;
    }
    int64_t year; /* 64 bits of nanoseconds reach from 1677 to 2262: always four digits */
    unsigned month, day;
    civil_from_days(days, &year, &month, &day);
    char *at = put(buf, (uint64_t)year, 4);
    *at++ = '-';
    at = put(at, month, 2);
    *at++ = '-';
    at = put(at, day, 2);
    *at++ = between;
    at = put(at, (uint64_t)rest / 3600, 2);
    *at++ = ':';
    at = put(at, (uint64_t)rest / 60 % 60, 2);
    *at++ = ':';
    at = put(at, (uint64_t)rest % 60, 2);
    if (digits > 0) {
        uint64_t fraction = (uint64_t)nanoseconds;
        for (unsigned i = digits; i < 9; i++)
            fraction /= 10;
        *at++ = '.';
        at = put(at, fraction, digits < 9 ? digits : 9);
    }
    memcpy(at, end, strlen(end) + 1);
    return buf;
}

const char *timestamp_write(char buf[TIMESTAMP_LEN], int64_t time_ns, unsigned digits)
{
    return write_time(buf, time_ns, digits, 'T', "Z");
}

const char *timestamp_write_plain(char buf[TIMESTAMP_LEN], int64_t time_ns, unsigned digits)
{
    return write_time(buf, time_ns, digits, ' ', "");
}
